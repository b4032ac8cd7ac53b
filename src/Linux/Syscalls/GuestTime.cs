using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>The clocks a guest reads: the host's, or its machine's own.</summary>
internal sealed class GuestTime
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    // linux/time.h. The others count from the machine's start.
    private const int ProcessClock = 2, ThreadClock = 3, CoarseRealtime = 5, CoarseMonotonic = 6, BootClock = 7, RealtimeAlarm = 8, AtomicTime = 11;

    private readonly VirtualClock? _clock;
    private readonly long _started;

    /// <summary>Time for a guest that begins now.</summary>
    /// <param name="clock">Its machine's own; null for the host's.</param>
    public GuestTime(VirtualClock? clock)
    {
        _clock = clock;

        // A machine's own time begins with the guest.
        _started = clock is null ? Monotonic : VirtualClock.Uptime;
    }

    /// <summary>The monotonic clock, in nanoseconds.</summary>
    public long Monotonic => Now(HostClock.Monotonic);

    /// <summary>The time of day, in nanoseconds since 1970.</summary>
    public long TimeOfDay => Now(HostClock.Realtime);

    /// <summary>Nanoseconds since the guest began.</summary>
    public long Elapsed => Monotonic - _started;

    /// <summary>Whether there is a clock of this number. Negative ones are clocks of other processes and of files.</summary>
    public static bool IsClock(int clock) => clock is >= 0 and <= AtomicTime and not 10;

    /// <summary>Whether a program can wait by a clock: there are no timers on others, nor anything that would wake a computer.</summary>
    public static bool CanSleep(int clock) => clock is HostClock.Realtime or HostClock.Monotonic or ProcessClock or BootClock or AtomicTime;

    /// <summary>Reads a clock.</summary>
    /// <param name="clock">The kernel's number for it.</param>
    /// <param name="nanoseconds">What it shows.</param>
    /// <returns>0, or a negative errno.</returns>
    public long Read(int clock, out long nanoseconds)
    {
        nanoseconds = 0;
        if (!IsClock(clock))
        {
            return Errno.EINVAL.ToResult();
        }

        if (clock is ProcessClock or ThreadClock)
        {
            // The program has its processor to itself.
            nanoseconds = Elapsed;
            return 0;
        }

        if (_clock is { } own)
        {
            nanoseconds = own.Now + (clock is HostClock.Realtime or CoarseRealtime or RealtimeAlarm or AtomicTime ? VirtualClock.Epoch : VirtualClock.Uptime);
            return 0;
        }

        // As fine as the others: nobody who reads both a page (ClockPage) and this finds that it goes back.
        var result = HostClock.Read(
            clock == CoarseRealtime ? HostClock.Realtime : clock == CoarseMonotonic ? HostClock.Monotonic : clock, out var time);
        nanoseconds = ToNanoseconds(time.tv_sec, time.tv_nsec);
        return result;
    }

    /// <summary>A clock's resolution.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long ReadResolution(int clock, out timespec_t resolution)
    {
        resolution = new timespec_t { tv_nsec = 1 };
        return !IsClock(clock) ? Errno.EINVAL.ToResult() : _clock is null ? HostClock.ReadResolution(clock, out resolution) : 0;
    }

    /// <summary>Whether a program may ask for it: not negative, and less than a second behind the seconds.</summary>
    public static bool IsTime(in timespec_t time) => time.tv_sec >= 0 && (ulong)time.tv_nsec < NanosecondsPerSecond;

    /// <summary>Nanoseconds as the kernel tells them.</summary>
    public static timespec_t ToTime(long nanoseconds) =>
        new() { tv_sec = nanoseconds / NanosecondsPerSecond, tv_nsec = nanoseconds % NanosecondsPerSecond };

    /// <summary>Nanoseconds, as many as a long can hold.</summary>
    public static long ToNanoseconds(long seconds, long nanoseconds)
    {
        var whole = (Int128)seconds * NanosecondsPerSecond + nanoseconds;
        return whole > long.MaxValue ? long.MaxValue : whole < long.MinValue ? long.MinValue : (long)whole;
    }

    private long Now(int clock) => Read(clock, out var nanoseconds) == 0 ? nanoseconds : 0;
}
