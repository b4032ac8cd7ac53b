using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Counters and timers that are files: eventfd(2) and timerfd_create(2).</summary>
internal sealed class EventCalls(SyscallContext context)
{
    // linux/eventfd.h, linux/timerfd.h
    private const int Semaphore = 1, AbsoluteTime = 1, CancelOnSet = 2;
    private const int FileFlags = OpenFlags.CloseOnExec | OpenFlags.NonBlock;
    private const int BootClock = 7, RealtimeAlarm = 8, BootAlarm = 9;

    public long MakeCounter(uint count, int flags)
    {
        if ((flags & ~(FileFlags | Semaphore)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        return Add(new EventFile(count, (flags & Semaphore) != 0, flags & OpenFlags.NonBlock), flags);
    }

    public long MakeTimer(int clock, int flags)
    {
        if ((flags & ~FileFlags) != 0 || clock is not (HostClock.Realtime or HostClock.Monotonic or BootClock or RealtimeAlarm or BootAlarm))
        {
            return Errno.EINVAL.ToResult();
        }

        // These wake a computer, which takes a right that no guest has.
        if (clock is RealtimeAlarm or BootAlarm)
        {
            return Errno.EPERM.ToResult();
        }

        return Add(new TimerFile(() => Read(clock), flags & OpenFlags.NonBlock), flags);
    }

    public long SetTimer(in GuestCall call)
    {
        var flags = (int)call.Second;
        var errno = context.Buffers.Read(call.Space, call.Third, out (timespec_t Interval, timespec_t Time) wanted);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        if ((flags & ~(AbsoluteTime | CancelOnSet)) != 0 || !GuestTime.IsTime(wanted.Interval) || !GuestTime.IsTime(wanted.Time))
        {
            return Errno.EINVAL.ToResult();
        }

        errno = Find(call.Fd, out var timer);
        if (errno == Errno.None && call.Fourth != 0)
        {
            errno = WriteSetting(call, call.Fourth, timer!);
        }

        if (errno == Errno.None)
        {
            timer!.Set(Total(wanted.Time), Total(wanted.Interval), (flags & AbsoluteTime) != 0);
        }

        return errno.ToResult();
    }

    public long GetTimer(in GuestCall call)
    {
        var errno = Find(call.Fd, out var timer);
        return (errno == Errno.None ? WriteSetting(call, call.Second, timer!) : errno).ToResult();
    }

    private static long Total(timespec_t time) => GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec);

    private long Add(GuestFile file, int flags) =>
        context.Table.IsFull ? Errno.EMFILE.ToResult() : context.Table.Add(file, (flags & OpenFlags.CloseOnExec) != 0);

    private long Read(int clock)
    {
        context.Time.Read(clock, out var now);
        return now;
    }

    private Errno Find(int fd, out TimerFile? timer)
    {
        var file = context.Table[fd];
        timer = file as TimerFile;
        return file is null ? Errno.EBADF : timer is null ? Errno.EINVAL : Errno.None;
    }

    private Errno WriteSetting(in GuestCall call, ulong address, TimerFile timer)
    {
        var (left, interval) = timer.Setting;
        return context.Buffers.Write(call.Space, address, (Interval: GuestTime.ToTime(interval), Time: GuestTime.ToTime(left)));
    }
}
