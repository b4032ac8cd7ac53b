namespace KvmActors.Machine.Processor;

/// <summary>
/// Time in a machine where it does not depend on the host's: an instruction takes a nanosecond, and a wait as long as it was asked to.
/// Written by whichever vCPU executes; any thread may read it.
/// </summary>
public sealed class VirtualClock
{
    /// <summary>
    /// The time of day when a run begins, in nanoseconds since 1970: the first of December 2026, 00:00 UTC. Not long after this version, so
    /// what tells new files from old ones by the date does as on KVM.
    /// </summary>
    public const long Epoch = 1_796_083_200_000_000_000;

    /// <summary>Since when the machine is up when a run begins, in nanoseconds: programs take a clock at 0 for one that was never read.</summary>
    public const long Uptime = 1_000_000_000;

    private long _now;

    /// <summary>Nanoseconds since the run began.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Lets time pass.</summary>
    /// <param name="nanoseconds">How much, from 0.</param>
    public void Advance(long nanoseconds) => Interlocked.Add(ref _now, nanoseconds);

    /// <summary>Lets time pass until a moment, unless it is over.</summary>
    public void AdvanceTo(long moment)
    {
        if (moment > Now)
        {
            Volatile.Write(ref _now, moment);
        }
    }

    /// <summary>Begins again at 0.</summary>
    public void Restart() => Volatile.Write(ref _now, 0);
}
