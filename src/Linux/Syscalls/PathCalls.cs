using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>Making, removing and renaming what directories hold.</summary>
internal sealed class PathCalls(SyscallContext context)
{
    /// <summary>AT_REMOVEDIR of <c>linux/fcntl.h</c>.</summary>
    public const int RemoveDirectory = 0x200;

    private const int LinkFlags = 0x1400;

    // linux/fs.h
    private const uint RenameNoReplace = 1, RenameExchange = 2;

    public long MakeDirectory(in GuestCall call, int directory, ulong path, uint mode)
    {
        var errno = FindNew(call.Space, directory, path, out var location, out var parent);
        using (parent)
        {
            return parent?.MakeDirectory(location!.Name, mode & ModeBits.Settable & ~context.Umask) ?? errno.ToResult();
        }
    }

    // EEXIST comes before EROFS, as on Linux.
    private Errno FindNew(AddressSpace space, int directory, ulong path, out GuestLocation? location, out HostDirectory? parent)
    {
        parent = null;
        var errno = context.Locate(space, directory, path, out location);
        if (location is null)
        {
            return errno;
        }

        errno = FileNamespace.TryFindParent(location, Errno.EEXIST, out parent);
        if (errno != Errno.EROFS)
        {
            return errno;
        }

        return Exists(location) ? Errno.EEXIST : errno;
    }

    private static bool Exists(GuestLocation location)
    {
        if (location.Mapping is not { Root: { } root })
        {
            return location.Node is not null;
        }

        // A name that is to be made may have a separator behind it, whatever is there now.
        byte[] name = [.. location.Relative.AsSpan(0, location.Relative.Length - 1).TrimEnd((byte)'/'), 0];
        var errno = root.TryFind(name, follow: false, out var found);
        found?.Dispose();
        return errno == Errno.None || location.Node is not null;
    }

    public long Remove(in GuestCall call, int descriptor, ulong path, int flags)
    {
        if ((flags & ~RemoveDirectory) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var directory = flags != 0;
        var errno = context.Locate(call.Space, descriptor, path, out var location, out var text);
        if (location is null)
        {
            return errno.ToResult();
        }

        var taken = !directory ? location.IsOwn ? Errno.EROFS : Errno.EISDIR
            : !location.EndsWithDots ? Errno.EBUSY
            : GuestPath.LastName(text.TrimEnd((byte)'/')).Length == 1 ? Errno.EINVAL : Errno.ENOTEMPTY;
        errno = FileNamespace.TryFindParent(location, taken, out var parent);
        using (parent)
        {
            return parent?.Remove(location.Name, directory) ?? errno.ToResult();
        }
    }

    public long Rename(in GuestCall call, int fromDirectory, ulong fromPath, int toDirectory, ulong toPath, uint flags = 0)
    {
        if ((flags & ~(RenameNoReplace | RenameExchange)) != 0 || flags == (RenameNoReplace | RenameExchange))
        {
            return Errno.EINVAL.ToResult();
        }

        // Both paths are read before anything is done about either: a page may be missing.
        var fromErrno = context.Locate(call.Space, fromDirectory, fromPath, out var from);
        var toErrno = context.Locate(call.Space, toDirectory, toPath, out var to);
        if (from is null || to is null)
        {
            return (from is null ? fromErrno : toErrno).ToResult();
        }

        fromErrno = FileNamespace.TryFindParent(from, Errno.EBUSY, out var fromParent);
        using (fromParent)
        {
            toErrno = FileNamespace.TryFindParent(to, Errno.EBUSY, out var toParent);
            using (toParent)
            {
                var refused = Refusal(from, to, fromErrno, toErrno);
                if (refused != Errno.None)
                {
                    return refused.ToResult();
                }

                var result = fromParent!.Rename(from.Name, toParent!, to.Name, flags);
                if (result == 0 && flags != RenameExchange)
                {
                    context.Move(from.Path, to.Path);
                }

                return result;
            }
        }
    }

    // In the order of Linux: the directories, then the mounts, then the names, then whether anything may be written.
    private static Errno Refusal(GuestLocation from, GuestLocation to, Errno fromErrno, Errno toErrno) =>
        IsHard(fromErrno) ? fromErrno
        : IsHard(toErrno) ? toErrno
        : from.Mapping != to.Mapping ? Errno.EXDEV
        : fromErrno == Errno.EBUSY || toErrno == Errno.EBUSY ? Errno.EBUSY
        : fromErrno != Errno.None ? fromErrno : toErrno;

    private static bool IsHard(Errno errno) => errno is not (Errno.None or Errno.EBUSY or Errno.EROFS);

    public long MakeLink(in GuestCall call, int fromDirectory, ulong fromPath, int toDirectory, ulong toPath, int flags = 0)
    {
        if ((flags & ~LinkFlags) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = context.Locate(call.Space, fromDirectory, fromPath, out var from);
        if (from is null)
        {
            return errno.ToResult();
        }

        errno = context.Namespace.TryFind(from, follow: false, out var found, out _);
        found?.Dispose();
        var toErrno = FindNew(call.Space, toDirectory, toPath, out var to, out var toParent);
        using (toParent)
        {
            if (to is null || errno != Errno.None || toErrno != Errno.None)
            {
                return (to is null ? toErrno : errno != Errno.None ? errno : toErrno).ToResult();
            }

            if (from.Mapping != to.Mapping)
            {
                return Errno.EXDEV.ToResult();
            }

            errno = FileNamespace.TryFindParent(from, Errno.EPERM, out var fromParent);
            using (fromParent)
            {
                return fromParent?.MakeLink(from.Name, toParent!, to.Name) ?? (Exists(to) ? Errno.EEXIST : to.MustBeDirectory ? Errno.ENOENT : errno).ToResult();
            }
        }
    }

    public long MakeSymbolicLink(in GuestCall call, ulong targetPath, int directory, ulong path)
    {
        var target = context.Scratch.Span[..GuestPath.MaxBytes];
        var errno = context.Buffers.ReadPath(call.Space, targetPath, target, out var length);
        if (errno != Errno.None || length == 0)
        {
            return (errno != Errno.None ? errno : Errno.ENOENT).ToResult();
        }

        errno = FindNew(call.Space, directory, path, out var location, out var parent);
        using (parent)
        {
            return parent?.MakeSymbolicLink(target[..(length + 1)], location!.Name) ?? errno.ToResult();
        }
    }
}
