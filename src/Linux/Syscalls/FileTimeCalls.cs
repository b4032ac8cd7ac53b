using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>A file's times, in the three units in which Linux takes them.</summary>
internal sealed class FileTimeCalls(SyscallContext context)
{
    private const int Here = SyscallContext.CurrentDirectory;
    private const int NoFollow = StatusTarget.NoFollow, EmptyPath = StatusTarget.EmptyPath;
    private const ulong MicrosecondsPerSecond = 1_000_000;

    // linux/stat.h: in place of nanoseconds.
    private const long TimeNow = 0x3FFF_FFFF, TimeOmit = 0x3FFF_FFFE;

    public long SetInSeconds(in GuestCall call)
    {
        Span<long> seconds = stackalloc long[2];
        var errno = call.Second == 0
            ? Errno.None : context.Buffers.CopyIn(call.Space, call.Second, MemoryMarshal.AsBytes(seconds));
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        return Set(call, Here, call.First, 0, call.Second == 0
            ? [] : [new timespec_t { tv_sec = seconds[0] }, new timespec_t { tv_sec = seconds[1] }]);
    }

    public long SetInMicroseconds(in GuestCall call, int directory, ulong path, ulong address)
    {
        Span<timeval_t> times = stackalloc timeval_t[2];
        if (address == 0)
        {
            return Set(call, directory, path, flags: 0, []);
        }

        var errno = context.Buffers.CopyIn(call.Space, address, MemoryMarshal.AsBytes(times));
        if (errno == Errno.None && ((ulong)times[0].tv_usec >= MicrosecondsPerSecond || (ulong)times[1].tv_usec >= MicrosecondsPerSecond))
        {
            errno = Errno.EINVAL;
        }

        return errno != Errno.None ? errno.ToResult() : Set(call, directory, path, flags: 0,
            [new timespec_t { tv_sec = times[0].tv_sec, tv_nsec = times[0].tv_usec * 1000 },
             new timespec_t { tv_sec = times[1].tv_sec, tv_nsec = times[1].tv_usec * 1000 }]);
    }

    public long SetInNanoseconds(in GuestCall call)
    {
        Span<timespec_t> times = stackalloc timespec_t[2];
        var flags = (int)call.Fourth;
        if (call.Third != 0)
        {
            var errno = context.Buffers.CopyIn(call.Space, call.Third, MemoryMarshal.AsBytes(times));
            if (errno != Errno.None)
            {
                return errno.ToResult();
            }

            // Nothing to do, and so nothing that could fail.
            if (times[0].tv_nsec == TimeOmit && times[1].tv_nsec == TimeOmit)
            {
                return 0;
            }

            if (!IsValid(times[0]) || !IsValid(times[1]))
            {
                return Errno.EINVAL.ToResult();
            }
        }

        if ((flags & ~(NoFollow | EmptyPath)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        // No path at all: the descriptor's own file, which is how futimens(3) asks.
        if (call.Second == 0 && call.Fd != Here)
        {
            if (flags != 0)
            {
                return Errno.EINVAL.ToResult();
            }

            return context.Table[call.Fd] is not { } file ? Errno.EBADF.ToResult()
                : AttributeCalls.Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult()
                : host!.SetTimes(call.Third == 0 ? [] : times);
        }

        return Set(call, call.Fd, call.Second, flags, call.Third == 0 ? [] : times);
    }

    private static bool IsValid(in timespec_t time) => (ulong)time.tv_nsec < 1_000_000_000 || time.tv_nsec is TimeNow or TimeOmit;

    private long Set(in GuestCall call, int directory, ulong path, int flags, ReadOnlySpan<timespec_t> times)
    {
        var errno = AttributeCalls.FindWritable(context, call, directory, path, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.HostToChange!.SetTimes(times);
        }
    }
}
