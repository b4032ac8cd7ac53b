using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>Clocks and waiting.</summary>
internal sealed class TimeCalls(SyscallContext context)
{
    // linux/time.h
    private const int AbsoluteTime = 1;
    private const long ClockTick = GuestTime.NanosecondsPerSecond / 100;
    private const int Self = 0, Children = -1, Thread = 1;

    private readonly GuestTime _time = context.Time;

    public static long RefuseToSet(int clock) => (GuestTime.IsClock(clock) ? Errno.EPERM : Errno.EINVAL).ToResult();

    public long Get(in GuestCall call)
    {
        var result = _time.Read((int)call.First, out var now);
        return result < 0 ? result : context.Buffers.Write(call.Space, call.Second, GuestTime.ToTime(now)).ToResult();
    }

    /// <summary>No timer is set: there is nothing that could set one.</summary>
    public long GetTimer(in GuestCall call)
    {
        const int LastTimer = 2;
        Span<byte> unset = stackalloc byte[2 * sizeof(long) * 2];
        unset.Clear();
        return ((uint)call.First > LastTimer ? Errno.EINVAL : context.Buffers.CopyOut(call.Space, call.Second, unset)).ToResult();
    }

    public long GetResolution(in GuestCall call)
    {
        var result = _time.ReadResolution((int)call.First, out var resolution);
        return result < 0 || call.Second == 0 ? result : context.Buffers.Write(call.Space, call.Second, resolution).ToResult();
    }

    public long GetTimeOfDay(in GuestCall call)
    {
        var errno = Errno.None;
        if (call.First != 0)
        {
            var time = GuestTime.ToTime(_time.TimeOfDay);
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
        var seconds = _time.TimeOfDay / GuestTime.NanosecondsPerSecond;
        var errno = call.First == 0 ? Errno.None : context.Buffers.Write(call.Space, call.First, seconds);
        return errno == Errno.None ? seconds : errno.ToResult();
    }

    /// <summary>Waits, and waits on where something else has ended the wait.</summary>
    /// <param name="call">The call.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="flags">Whether the time is one on the clock.</param>
    /// <param name="address">Where the time is.</param>
    /// <param name="rest">Where to write what is left when a signal ends it; 0 for nowhere.</param>
    public long Sleep(in GuestCall call, int clock, int flags, ulong address, ulong rest)
    {
        if (!GuestTime.IsClock(clock))
        {
            return Errno.EINVAL.ToResult();
        }

        if (!GuestTime.CanSleep(clock))
        {
            return Errno.EOPNOTSUPP.ToResult();
        }

        var errno = context.Buffers.Read(call.Space, address, out timespec_t time);
        if (errno == Errno.None && !GuestTime.IsTime(time))
        {
            errno = Errno.EINVAL;
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var isAbsolute = (flags & AbsoluteTime) != 0;
        var left = new WaitLimit(GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec), isAbsolute ? clock : null).Left(_time, call);
        if (left == 0)
        {
            return 0;
        }

        if (!call.IsInterrupted)
        {
            context.WaitToBeWoken(left);
            return 0;
        }

        errno = isAbsolute || rest == 0 ? Errno.None : context.Buffers.Write(call.Space, rest, GuestTime.ToTime(left));
        return (errno == Errno.None ? Errno.ERESTARTNOHAND : errno).ToResult();
    }

    public long GetTimes(in GuestCall call)
    {
        var errno = call.First == 0
            ? Errno.None : context.Buffers.Write(call.Space, call.First, new tms_t { tms_utime = _time.Elapsed / ClockTick });
        return errno == Errno.None ? _time.Monotonic / ClockTick : errno.ToResult();
    }

    public long GetUsage(in GuestCall call)
    {
        var elapsed = GuestTime.ToTime((int)call.First == Children ? 0 : _time.Elapsed);
        return (int)call.First is not (Self or Children or Thread) ? Errno.EINVAL.ToResult()
            : context.Buffers.Write(call.Space, call.Second, new rusage_t
            {
                ru_utime = new timeval_t { tv_sec = elapsed.tv_sec, tv_usec = elapsed.tv_nsec / 1000 },
            }).ToResult();
    }
}
