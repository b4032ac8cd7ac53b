using KvmActors.Actors.Files;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Actors.Hypercalls.Syscalls;

/// <summary>Permissions, owners, times and lengths of files by their paths.</summary>
internal sealed class AttributeCalls(SyscallContext context)
{
    private const int NoFollow = 0x100, EmptyPath = 0x1000;
    private const int Here = SyscallContext.CurrentDirectory;
    private const uint PermissionBits = 0x1FF;

    // linux/stat.h: in place of nanoseconds.
    private const long TimeNow = 0x3FFF_FFFF, TimeOmit = 0x3FFF_FFFE;

    public long Execute(in FileRequest call) => call.Id switch
    {
        HypercallId.Chmod => ChangeMode(call, Here, call.First, (uint)call.Second),
        HypercallId.Fchmodat => ChangeMode(call, call.Fd, call.Second, (uint)call.Third),
        HypercallId.Chown => ChangeOwner(call, Here, call.First, (uint)call.Second, (uint)call.Third, flags: 0),
        HypercallId.Lchown => ChangeOwner(call, Here, call.First, (uint)call.Second, (uint)call.Third, NoFollow),
        HypercallId.Fchownat => ChangeOwner(call, call.Fd, call.Second, (uint)call.Third, (uint)call.Fourth, (int)call.Fifth),
        HypercallId.Utime => SetTimesInSeconds(call),
        HypercallId.Utimes => SetTimesInMicroseconds(call, Here, call.First, call.Second),
        HypercallId.Futimesat => SetTimesInMicroseconds(call, call.Fd, call.Second, call.Third),
        HypercallId.Utimensat => SetTimesInNanoseconds(call),
        HypercallId.Truncate => Truncate(call),
        HypercallId.Umask => SetUmask((uint)call.First),
        _ => Errno.ENOSYS.ToResult(),
    };

    /// <summary>Sets an open file's permissions.</summary>
    public static long ChangeMode(GuestFile file, uint mode) =>
        Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult() : host!.ChangeMode(mode & ModeBits.Settable);

    /// <summary>Sets an open file's owner.</summary>
    public static long ChangeOwner(GuestFile file, uint user, uint group) =>
        Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult() : host!.ChangeOwner(user, group);

    private static Errno Writable(GuestFile file, out HostFile? host)
    {
        host = file.IsWritableMapping ? file.Host : null;
        return host is null ? file.Path is null ? Errno.EPERM : Errno.EROFS : Errno.None;
    }

    private Errno Find(in FileRequest call, int directory, ulong path, int flags, out StatusTarget target)
    {
        var errno = StatusTarget.Find(context, call.Space, directory, path, flags, out target);
        if (errno == Errno.None && (target.Host is null || !target.IsWritable))
        {
            target.Dispose();
            return Errno.EROFS;
        }

        return errno;
    }

    private long ChangeMode(in FileRequest call, int directory, ulong path, uint mode)
    {
        var errno = Find(call, directory, path, flags: 0, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.Host!.ChangeMode(mode & ModeBits.Settable);
        }
    }

    private long ChangeOwner(in FileRequest call, int directory, ulong path, uint user, uint group, int flags)
    {
        if ((flags & ~(NoFollow | EmptyPath)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = Find(call, directory, path, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.Host!.ChangeOwner(user, group);
        }
    }

    private long SetTimesInSeconds(in FileRequest call)
    {
        Span<long> seconds = stackalloc long[2];
        var errno = call.Second == 0
            ? Errno.None : context.Buffers.CopyIn(call.Space, call.Second, System.Runtime.InteropServices.MemoryMarshal.AsBytes(seconds));
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        return SetTimes(call, Here, call.First, 0, call.Second == 0
            ? [] : [new timespec_t { tv_sec = seconds[0] }, new timespec_t { tv_sec = seconds[1] }]);
    }

    private long SetTimesInMicroseconds(in FileRequest call, int directory, ulong path, ulong address)
    {
        Span<timeval_t> times = stackalloc timeval_t[2];
        if (address == 0)
        {
            return SetTimes(call, directory, path, flags: 0, []);
        }

        var errno = context.Buffers.CopyIn(call.Space, address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(times));
        if (errno == Errno.None && ((ulong)times[0].tv_usec >= 1_000_000 || (ulong)times[1].tv_usec >= 1_000_000))
        {
            errno = Errno.EINVAL;
        }

        return errno != Errno.None ? errno.ToResult() : SetTimes(call, directory, path, flags: 0,
            [new timespec_t { tv_sec = times[0].tv_sec, tv_nsec = times[0].tv_usec * 1000 },
             new timespec_t { tv_sec = times[1].tv_sec, tv_nsec = times[1].tv_usec * 1000 }]);
    }

    private long SetTimesInNanoseconds(in FileRequest call)
    {
        Span<timespec_t> times = stackalloc timespec_t[2];
        var flags = (int)call.Fourth;
        if (call.Third != 0)
        {
            var errno = context.Buffers.CopyIn(call.Space, call.Third, System.Runtime.InteropServices.MemoryMarshal.AsBytes(times));
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
                : Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult()
                : host!.SetTimes(call.Third == 0 ? [] : times);
        }

        return SetTimes(call, call.Fd, call.Second, flags, call.Third == 0 ? [] : times);
    }

    private static bool IsValid(in timespec_t time) => (ulong)time.tv_nsec < 1_000_000_000 || time.tv_nsec is TimeNow or TimeOmit;

    private long SetTimes(in FileRequest call, int directory, ulong path, int flags, ReadOnlySpan<timespec_t> times)
    {
        var errno = Find(call, directory, path, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.Host!.SetTimes(times);
        }
    }

    private long Truncate(in FileRequest call)
    {
        if ((long)call.Second < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = context.Locate(call.Space, Here, call.First, out var location);
        if (location is null)
        {
            return errno.ToResult();
        }

        errno = context.Namespace.TryFind(location, follow: true, out var found, out _);
        using (found)
        {
            if (errno != Errno.None || found is null)
            {
                return (errno != Errno.None ? errno : location.Node is { IsPlainDirectory: true } ? Errno.EISDIR : Errno.EINVAL).ToResult();
            }

            found.GetStatus(out var status);
            switch (status.st_mode & ModeBits.Type)
            {
                case ModeBits.Directory:
                    return Errno.EISDIR.ToResult();
                case not ModeBits.Regular:
                    return Errno.EINVAL.ToResult();
            }
        }

        if (!location.IsWritable)
        {
            return Errno.EROFS.ToResult();
        }

        errno = location.Mapping!.Root!.TryOpen(location.Relative, OpenFlags.WriteOnly, mode: 0, out var file);
        using (file)
        {
            return file?.Truncate((long)call.Second) ?? errno.ToResult();
        }
    }

    private uint SetUmask(uint umask)
    {
        var previous = context.Umask;
        context.Umask = umask & PermissionBits;
        return previous;
    }
}
