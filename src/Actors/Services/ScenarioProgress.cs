using System.Collections.Concurrent;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Services;

/// <summary>How far a scenario is.</summary>
/// <param name="Waiting">VMs not started yet.</param>
/// <param name="Running">VMs that exist.</param>
/// <param name="Succeeded">VMs that ended as wanted.</param>
/// <param name="Failed">VMs that did not.</param>
/// <param name="Exits">Exits so far, of all vCPUs.</param>
/// <param name="Latency">The host's side of them; about right while vCPUs run.</param>
public sealed record ProgressSnapshot(int Waiting, int Running, int Succeeded, int Failed, long Exits, LatencyHistogram Latency);

/// <summary>
/// How far a running scenario is, for whoever shows it. Actors write, anyone reads; vCPUs are neither stopped nor slowed, their
/// statistics are read while they run.
/// </summary>
public sealed class ScenarioProgress
{
    private readonly ConcurrentDictionary<ExitStatistics, bool> _live = new();
    private readonly Lock _gate = new();
    private readonly LatencyHistogram _ended = new();
    private int _waiting;
    private int _running;
    private int _succeeded;
    private int _failed;

    /// <summary>A scenario begins.</summary>
    /// <param name="vms">How many VMs it has.</param>
    public void Begin(int vms)
    {
        Volatile.Write(ref _waiting, vms);
        Volatile.Write(ref _running, 0);
        Volatile.Write(ref _succeeded, 0);
        Volatile.Write(ref _failed, 0);
    }

    /// <summary>A VM starts.</summary>
    public void VmStarted()
    {
        Interlocked.Decrement(ref _waiting);
        Interlocked.Increment(ref _running);
    }

    /// <summary>A VM has ended.</summary>
    /// <param name="success">Whether it ended as wanted.</param>
    public void VmEnded(bool success)
    {
        Interlocked.Decrement(ref _running);
        Interlocked.Increment(ref success ? ref _succeeded : ref _failed);
    }

    /// <summary>A VM has failed and will be started again.</summary>
    public void VmWaitsAgain()
    {
        Interlocked.Decrement(ref _running);
        Interlocked.Increment(ref _waiting);
    }

    /// <summary>The VMs that wait will not be started.</summary>
    public void DropWaiting() => Volatile.Write(ref _waiting, 0);

    /// <summary>A vCPU begins to write its statistics.</summary>
    public void Register(ExitStatistics statistics) => _live[statistics] = true;

    /// <summary>A vCPU has stopped writing its statistics.</summary>
    public void Unregister(ExitStatistics statistics)
    {
        lock (_gate)
        {
            if (_live.TryRemove(statistics, out _))
            {
                statistics.AddHostSideTo(_ended);
            }
        }
    }

    /// <summary>How far the scenario is.</summary>
    public ProgressSnapshot Read()
    {
        var latency = new LatencyHistogram();
        lock (_gate)
        {
            latency.Add(_ended);
            foreach (var statistics in _live.Keys)
            {
                statistics.AddHostSideTo(latency);
            }
        }

        return new ProgressSnapshot(
            Volatile.Read(ref _waiting),
            Volatile.Read(ref _running),
            Volatile.Read(ref _succeeded),
            Volatile.Read(ref _failed),
            latency.Count,
            latency);
    }
}
