using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>Clocks and waiting.</summary>
internal sealed class TimeCalls(SyscallContext context)
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    // linux/time.h
    private const int ProcessClock = 2, ThreadClock = 3, LastClock = 11, AbsoluteTime = 1;
    private const long ClockTick = NanosecondsPerSecond / 100;
    private const int Self = 0, Children = -1, Thread = 1;

    /// <summary>The monotonic clock, in nanoseconds.</summary>
    public static long MonotonicNow()
    {
        _ = HostClock.Read(HostClock.Monotonic, out var time);
        return ToNanoseconds(time.tv_sec, time.tv_nsec);
    }

    /// <summary>Nanoseconds, as many as a long can hold.</summary>
    public static long ToNanoseconds(long seconds, long nanoseconds)
    {
        var whole = (Int128)seconds * NanosecondsPerSecond + nanoseconds;
        return whole > long.MaxValue ? long.MaxValue : whole < long.MinValue ? long.MinValue : (long)whole;
    }

    // Negative numbers are clocks of other processes and of files.
    private static bool IsClock(int clock) => clock is >= 0 and <= LastClock and not 10;

    public static long RefuseToSet(int clock) => (IsClock(clock) ? Errno.EPERM : Errno.EINVAL).ToResult();

    private long Elapsed() => MonotonicNow() - context.Started;

    private long Read(int clock, out timespec_t time)
    {
        if (clock is ProcessClock or ThreadClock)
        {
            // The program has its processor to itself.
            var elapsed = Elapsed();
            time = new timespec_t { tv_sec = elapsed / NanosecondsPerSecond, tv_nsec = elapsed % NanosecondsPerSecond };
            return 0;
        }

        time = default;
        return IsClock(clock) ? HostClock.Read(clock, out time) : Errno.EINVAL.ToResult();
    }

    public long Get(in GuestCall call)
    {
        var result = Read((int)call.First, out var time);
        return result < 0 ? result : context.Buffers.Write(call.Space, call.Second, time).ToResult();
    }

    public long GetResolution(in GuestCall call)
    {
        timespec_t resolution = default;
        var result = IsClock((int)call.First) ? HostClock.ReadResolution((int)call.First, out resolution) : Errno.EINVAL.ToResult();
        return result < 0 || call.Second == 0 ? result : context.Buffers.Write(call.Space, call.Second, resolution).ToResult();
    }

    public long GetTimeOfDay(in GuestCall call)
    {
        _ = HostClock.Read(HostClock.Realtime, out var time);
        var errno = Errno.None;
        if (call.First != 0)
        {
            errno = context.Buffers.Write(call.Space, call.First, new timeval_t { tv_sec = time.tv_sec, tv_usec = time.tv_nsec / 1000 });
        }

        if (errno == Errno.None && call.Second != 0)
        {
            errno = context.Buffers.Write(call.Space, call.Second, default(timezone_t));
        }

        return errno.ToResult();
    }

    public long GetTime(in GuestCall call)
    {
        _ = HostClock.Read(HostClock.Realtime, out var time);
        var errno = call.First == 0 ? Errno.None : context.Buffers.Write(call.Space, call.First, time.tv_sec);
        return errno == Errno.None ? time.tv_sec : errno.ToResult();
    }

    // The time left is never written: what ends a wait early is the end of the VM.
    public long Sleep(in GuestCall call, int clock, int flags, ulong address)
    {
        if (!IsClock(clock) || clock == ThreadClock)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = context.Buffers.Read(call.Space, address, out timespec_t time);
        if (errno == Errno.None && (time.tv_sec < 0 || (ulong)time.tv_nsec >= NanosecondsPerSecond))
        {
            errno = Errno.EINVAL;
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var wait = ToNanoseconds(time.tv_sec, time.tv_nsec);
        if ((flags & AbsoluteTime) != 0)
        {
            var result = Read(clock, out var now);
            if (result < 0)
            {
                return result;
            }

            wait -= ToNanoseconds(now.tv_sec, now.tv_nsec);
        }

        if (wait > 0)
        {
            context.Sleep(wait);
        }

        return 0;
    }

    public long GetTimes(in GuestCall call)
    {
        var errno = call.First == 0
            ? Errno.None : context.Buffers.Write(call.Space, call.First, new tms_t { tms_utime = Elapsed() / ClockTick });
        return errno == Errno.None ? MonotonicNow() / ClockTick : errno.ToResult();
    }

    public long GetUsage(in GuestCall call)
    {
        var elapsed = (int)call.First == Children ? 0 : Elapsed();
        return (int)call.First is not (Self or Children or Thread) ? Errno.EINVAL.ToResult()
            : context.Buffers.Write(call.Space, call.Second, new rusage_t
            {
                ru_utime = new timeval_t { tv_sec = elapsed / NanosecondsPerSecond, tv_usec = elapsed % NanosecondsPerSecond / 1000 },
            }).ToResult();
    }
}
