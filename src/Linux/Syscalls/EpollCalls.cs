using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>epoll(7). The order of its checks is Linux's: <c>fs/eventpoll.c</c>.</summary>
internal sealed class EpollCalls(SyscallContext context)
{
    // How many files all of a guest's epoll files watch together, for each descriptor that it can have.
    private const int WatchesPerDescriptor = 16;
    private const int Add = 1, Remove = 2, Modify = 3;
    private const long NanosecondsPerMillisecond = 1_000_000;

    private readonly EpollGroup _group = new((int)Math.Min(int.MaxValue, (long)context.Table.Capacity * WatchesPerDescriptor));

    public long Create(int flags)
    {
        if ((flags & ~OpenFlags.CloseOnExec) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        return context.Table.IsFull ? Errno.EMFILE.ToResult() : context.Table.Add(new EpollFile(_group), flags != 0);
    }

    public long CreateWithSize(int size) => size <= 0 ? Errno.EINVAL.ToResult() : Create(flags: 0);

    public long Control(in GuestCall call)
    {
        var (operation, fd) = ((int)call.Second, (int)call.Third);
        Span<byte> value = stackalloc byte[EpollFile.EventBytes];
        value.Clear();
        if (operation != Remove && context.Buffers.CopyIn(call.Space, call.Fourth, value) is var errno and not Errno.None)
        {
            return errno.ToResult();
        }

        var events = BitConverter.ToUInt32(value);
        var data = BitConverter.ToUInt64(value[sizeof(uint)..]);
        if (Open(call.Fd) is not { } owner || Open(fd) is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        if (!file.CanPoll)
        {
            return Errno.EPERM.ToResult();
        }

        if (owner == file || owner is not EpollFile epoll)
        {
            return Errno.EINVAL.ToResult();
        }

        if (operation != Remove && (events & EpollFlags.Exclusive) != 0
            && (operation == Modify || (operation == Add && (file is EpollFile || (events & ~EpollFlags.WithExclusive) != 0))))
        {
            return Errno.EINVAL.ToResult();
        }

        return (operation switch
        {
            Add => epoll.Add(file, fd, events, data),
            Remove => epoll.Remove(file, fd),
            Modify => epoll.Modify(file, fd, events, data),
            _ => Errno.EINVAL,
        }).ToResult();
    }

    public long WaitInMilliseconds(in GuestCall call, bool hasMask)
    {
        var errno = hasMask ? context.CheckMask(call, call.Fifth, call.Sixth) : Errno.None;
        return errno != Errno.None ? errno.ToResult()
            : Wait(call, (int)call.Fourth < 0 ? WaitLimit.None : new WaitLimit((int)call.Fourth * NanosecondsPerMillisecond));
    }

    public long WaitInNanoseconds(in GuestCall call)
    {
        var limit = WaitLimit.None;
        if (call.Fourth != 0)
        {
            var read = context.Buffers.Read(call.Space, call.Fourth, out timespec_t time);
            if (read != Errno.None || !GuestTime.IsTime(time))
            {
                return (read != Errno.None ? read : Errno.EINVAL).ToResult();
            }

            limit = new WaitLimit(GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec));
        }

        var errno = context.CheckMask(call, call.Fifth, call.Sixth);
        return errno != Errno.None ? errno.ToResult() : Wait(call, limit);
    }

    private GuestFile? Open(int fd) => context.Table[fd] is { } file && (file.Flags & OpenFlags.Path) == 0 ? file : null;

    private long Wait(in GuestCall call, WaitLimit limit)
    {
        var most = (int)call.Third;
        if (most is <= 0 or > int.MaxValue / EpollFile.EventBytes)
        {
            return Errno.EINVAL.ToResult();
        }

        if (!context.Buffers.IsPlausible(call.Space, call.Second, (ulong)most * EpollFile.EventBytes))
        {
            return Errno.EFAULT.ToResult();
        }

        if (context.FileOf(call.Fd) is not { } file || (file.Flags & OpenFlags.Path) != 0)
        {
            return Errno.EBADF.ToResult();
        }

        if (file is not EpollFile epoll)
        {
            return Errno.EINVAL.ToResult();
        }

        var ready = Collect(call, epoll, most);
        return ready != 0 || limit.Left(context.Time, call) is not (not 0 and var left) ? ready
            : context.WaitFor(epoll, PollEvents.In, Errno.ERESTARTNOHAND, left);
    }

    // The program's memory is looked at before anything is told that is not told again.
    private long Collect(in GuestCall call, EpollFile epoll, int most)
    {
        epoll.Look();
        var events = context.Scratch.Span[..(Math.Min(Math.Min(most, epoll.Listed), context.Scratch.Span.Length / EpollFile.EventBytes) * EpollFile.EventBytes)];
        if (events.IsEmpty)
        {
            return 0;
        }

        var errno = context.Buffers.CheckWritable(call.Space, call.Second, (ulong)events.Length);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var count = epoll.Collect(events);
        errno = context.Buffers.CopyOut(call.Space, call.Second, events[..(count * EpollFile.EventBytes)]);
        return errno != Errno.None ? errno.ToResult() : count;
    }
}
