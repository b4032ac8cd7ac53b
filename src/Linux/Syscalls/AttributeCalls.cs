using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Permissions, owners, times and lengths of files by their paths.</summary>
internal sealed class AttributeCalls(SyscallContext context)
{
    private const int NoFollow = StatusTarget.NoFollow, EmptyPath = StatusTarget.EmptyPath;
    private const int Here = SyscallContext.CurrentDirectory;
    private const uint PermissionBits = 0x1FF;

    /// <summary>Sets an open file's permissions.</summary>
    public static long ChangeMode(GuestFile file, uint mode) =>
        Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult() : host!.ChangeMode(mode & ModeBits.Settable);

    /// <summary>Sets an open file's owner.</summary>
    public static long ChangeOwner(GuestFile file, uint user, uint group) =>
        Writable(file, out var host) is var errno and not Errno.None ? errno.ToResult() : host!.ChangeOwner(user, group);

    internal static Errno Writable(GuestFile file, out HostObject? host)
    {
        host = file.IsWritableMapping ? file.HostToChange : null;
        return host is null ? file.Path is null ? Errno.EPERM : Errno.EROFS : Errno.None;
    }

    internal static Errno FindWritable(SyscallContext context, in GuestCall call, int directory, ulong path, int flags, out StatusTarget target)
    {
        var errno = StatusTarget.Find(context, call.Space, directory, path, flags, out target);
        if (errno == Errno.None && (target.HostToChange is null || !target.IsWritable))
        {
            target.Dispose();
            return Errno.EROFS;
        }

        return errno;
    }

    public long ChangeMode(in GuestCall call, int directory, ulong path, uint mode)
    {
        var errno = FindWritable(context, call, directory, path, flags: 0, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.HostToChange!.ChangeMode(mode & ModeBits.Settable);
        }
    }

    public long ChangeOwner(in GuestCall call, int directory, ulong path, uint user, uint group, int flags = 0)
    {
        if ((flags & ~(NoFollow | EmptyPath)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = FindWritable(context, call, directory, path, flags, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            return target.HostToChange!.ChangeOwner(user, group);
        }
    }

    public long Truncate(in GuestCall call)
    {
        if ((long)call.Second < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = StatusTarget.Find(context, call.Space, Here, call.First, flags: 0, out var target);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        using (target)
        {
            target.GetStatus(out var status);
            return (status.st_mode & ModeBits.Type) switch
            {
                ModeBits.Directory => Errno.EISDIR.ToResult(),
                not ModeBits.Regular => Errno.EINVAL.ToResult(),
                _ => Truncate(target, (long)call.Second),
            };
        }
    }

    private long Truncate(in StatusTarget target, long length)
    {
        if (!target.IsWritable)
        {
            return Errno.EROFS.ToResult();
        }

        // Through a descriptor, for what a descriptor stands for (/dev/stdin).
        if (target.Open is { } open)
        {
            var result = open.Truncate(length);
            context.Shared.Find(open)?.CutOff();
            return result;
        }

        if (!context.Budget.AllowsSize(length))
        {
            return Errno.EFBIG.ToResult();
        }

        var errno = context.Namespace.TryOpen(target.Found!, OpenFlags.WriteOnly, mode: 0, out var file);
        using (file)
        {
            var result = file?.Truncate(length) ?? errno.ToResult();
            if (file is not null && file.GetStatus(out var status) >= 0)
            {
                context.Shared.Find(status)?.CutOff();
            }

            return result;
        }
    }

    public uint SetUmask(uint umask)
    {
        var previous = context.Umask;
        context.Umask = umask & PermissionBits;
        return previous;
    }
}
