using System.Collections.Concurrent;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// Hands on what vCPUs do while they run, a part at a time: whoever watches a guest that runs for days should not have to wait for
/// its end. The parts of a vCPU add up to exactly what it did. vCPUs are neither stopped nor slowed; their statistics are read while
/// they write. Safe for any number of threads.
/// </summary>
/// <param name="hand">Takes a part of what a VM name's vCPUs did.</param>
internal sealed class LiveVcpus(Action<string, ExitStatistics> hand)
{
    private readonly ConcurrentDictionary<ExitStatistics, Entry> _live = new();

    /// <summary>A vCPU begins to write its statistics.</summary>
    public void Add(string vmName, ExitStatistics statistics) => _live[statistics] = new Entry(vmName);

    /// <summary>A vCPU has stopped writing its statistics. Hands on what is left.</summary>
    public void Remove(ExitStatistics statistics)
    {
        if (_live.TryRemove(statistics, out var entry))
        {
            HandOn(statistics, entry);
        }
    }

    /// <summary>Hands on what has come since the last time.</summary>
    public void HandOn()
    {
        foreach (var (statistics, entry) in _live)
        {
            HandOn(statistics, entry);
        }
    }

    private void HandOn(ExitStatistics statistics, Entry entry)
    {
        // One at a time: the end of a vCPU may come while its part is taken.
        lock (entry)
        {
            var part = statistics.Snapshot();
            part.Subtract(entry.HandedOn);
            if (part.ExitCount > 0 || part.CallCount > 0)
            {
                entry.HandedOn.Add(part);
                hand(entry.VmName, part);
            }
        }
    }

    private sealed class Entry(string vmName)
    {
        public string VmName { get; } = vmName;

        public ExitStatistics HandedOn { get; } = new();
    }
}
