using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Limits;

/// <summary>
/// The processor time that one VM's vCPUs take, by their threads' clocks: in the guest and between its exits. Any thread may
/// read it while they run.
/// </summary>
public sealed class CpuMeter
{
    private readonly Lock _gate = new();
    private readonly List<ThreadClock> _running = [];
    private long _finished;

    /// <summary>What all vCPUs have taken so far.</summary>
    public TimeSpan Used
    {
        get
        {
            lock (_gate)
            {
                var nanoseconds = _finished;
                foreach (var clock in _running)
                {
                    nanoseconds += clock.Elapsed;
                }

                return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
            }
        }
    }

    /// <summary>Counts the calling thread's time until <see cref="Stop"/>, which it has to call.</summary>
    public ThreadClock Start()
    {
        var clock = ThreadClock.OfCurrentThread();
        lock (_gate)
        {
            _running.Add(clock);
        }

        return clock;
    }

    /// <summary>Ends the counting of the calling thread, which may be gone afterwards.</summary>
    public void Stop(ThreadClock clock)
    {
        lock (_gate)
        {
            _running.Remove(clock);
            _finished += clock.Elapsed;
        }
    }
}
