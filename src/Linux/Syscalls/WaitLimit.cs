using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>How long a call waits at the most.</summary>
/// <param name="Nanoseconds">A time from its first try on, or on a clock; negative for ever where it is not on a clock.</param>
/// <param name="Clock">The clock that it is on; null for a time from the first try on.</param>
internal readonly record struct WaitLimit(long Nanoseconds, int? Clock = null)
{
    /// <summary>Waits until woken.</summary>
    public static WaitLimit None => new(-1);

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Clock is null && Nanoseconds < 0;

    /// <summary>Nanoseconds that are left; -1 for ever, 0 when the time is over.</summary>
    public long Left(GuestTime time, in GuestCall call)
    {
        if (IsNone)
        {
            return -1;
        }

        var now = call.Waited;
        if (Clock is { } clock)
        {
            time.Read(clock, out now);
        }

        return Math.Max(0, Nanoseconds - now);
    }
}
