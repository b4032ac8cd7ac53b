using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// Carries statistics of stopped vCPUs to the instruments on a thread of its own, which exists while there is something to
/// carry: a million exits take a fraction of a second, for which nobody should wait. What waits is added up by VM name, so that
/// it takes no more room than there are names.
/// </summary>
/// <param name="record">Gives one VM name's statistics to the instruments.</param>
internal sealed class MetricsRecorder(Action<string, ExitStatistics> record)
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private Dictionary<string, ExitStatistics> _waiting = [];

    /// <summary>Takes what a vCPU did. Its writer must have let go of it.</summary>
    public void Add(string vmName, ExitStatistics statistics)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(vmName, out var sum))
            {
                _waiting[vmName] = sum = new ExitStatistics();
            }

            sum.Add(statistics);
            if (_idle.IsSet)
            {
                _idle.Reset();
                new Thread(Work) { IsBackground = true, Name = "metrics" }.Start();
            }
        }
    }

    /// <summary>Blocks until all that was taken has been recorded.</summary>
    public void Flush() => _idle.Wait();

    private void Work()
    {
        while (true)
        {
            Dictionary<string, ExitStatistics> taken;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _idle.Set();
                    return;
                }

                taken = _waiting;
                _waiting = [];
            }

            foreach (var (vmName, statistics) in taken)
            {
                record(vmName, statistics);
            }
        }
    }
}
