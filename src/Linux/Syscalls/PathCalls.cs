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
        var errno = FindNew(call.Space, directory, path, isDirectory: true, out var parent);
        using (parent)
        {
            return parent is null ? errno.ToResult()
                : !context.Budget.TryTakeName() ? NoRoom(parent)
                : context.Budget.Settle(parent.Host!.MakeDirectory(parent.Name, mode & ModeBits.Settable & ~context.Umask));
        }
    }

    /// <summary>Makes a regular file or a named pipe (mknod(2)); nothing else can be made.</summary>
    public long MakeNode(in GuestCall call, int directory, ulong path, uint mode)
    {
        const uint Block = 0x6000, Socket = 0xC000;
        var type = mode & ModeBits.Type;
        if (type is not (0 or ModeBits.Regular or ModeBits.Fifo))
        {
            return (type is ModeBits.CharacterDevice or Block or Socket or ModeBits.Directory ? Errno.EPERM : Errno.EINVAL).ToResult();
        }

        var errno = FindNew(call.Space, directory, path, isDirectory: false, out var parent);
        using (parent)
        {
            if (parent is null)
            {
                return errno.ToResult();
            }

            if (parent.HasSeparator)
            {
                // Only a directory could have it behind its name.
                errno = context.Namespace.FindEntry(parent, out var host);
                host?.Dispose();
                return (errno == Errno.None ? Errno.EEXIST : errno).ToResult();
            }

            if (!context.Budget.TryTakeName())
            {
                return NoRoom(parent);
            }

            var rights = mode & ModeBits.Settable & ~context.Umask;
            if (type == ModeBits.Fifo)
            {
                return context.Budget.Settle(parent.Host!.MakeFifo(parent.PlainName, rights));
            }

            errno = parent.Host!.TryCreate(parent.PlainName, OpenFlags.WriteOnly, rights, out var made);
            made?.Dispose();
            return context.Budget.Settle(errno.ToResult());
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

        errno = FindNew(call.Space, directory, path, isDirectory: false, out var parent);
        using (parent)
        {
            return parent is null ? errno.ToResult()
                : !context.Budget.TryTakeName(length) ? NoRoom(parent)
                : context.Budget.Settle(parent.Host!.MakeSymbolicLink(target[..(length + 1)], parent.Name), length);
        }
    }

    public long Remove(in GuestCall call, int descriptor, ulong path, int flags)
    {
        if ((flags & ~RemoveDirectory) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var isDirectory = flags != 0;
        var errno = context.Find(call.Space, descriptor, path, LookupMode.Parent, out var parent);
        using (parent)
        {
            errno = parent is null ? errno : RefusalToRemove(parent, isDirectory);
            return errno == Errno.None ? parent!.Host!.Remove(parent.Name, isDirectory) : errno.ToResult();
        }
    }

    private Errno RefusalToRemove(LookupResult parent, bool isDirectory)
    {
        if (parent.Last != LastName.Normal)
        {
            return !isDirectory ? Errno.EISDIR : parent.Last switch
            {
                LastName.Dot => Errno.EINVAL,
                LastName.DotDot => Errno.ENOTEMPTY,
                _ => Errno.EBUSY,
            };
        }

        if (parent.NameNode is { } node)
        {
            return node is { IsPlainDirectory: false, Root: null } ? Errno.EROFS
                : !isDirectory && node.Root is not { IsDirectory: false } ? Errno.EISDIR : Errno.EBUSY;
        }

        return !parent.IsWritable ? Errno.EROFS
            : context.Namespace.IsPinned(parent, out var found) && found == isDirectory ? Errno.EBUSY : Errno.None;
    }

    public long Rename(in GuestCall call, int fromDirectory, ulong fromPath, int toDirectory, ulong toPath, uint flags = 0)
    {
        if ((flags & ~(RenameNoReplace | RenameExchange)) != 0 || flags == (RenameNoReplace | RenameExchange))
        {
            return Errno.EINVAL.ToResult();
        }

        // Both paths are read before anything is done about either: a page may be missing.
        var fromErrno = context.Read(call.Space, fromDirectory, fromPath, out var fromArgument);
        var toErrno = context.Read(call.Space, toDirectory, toPath, out var toArgument, isSecond: true);
        if (fromErrno != Errno.None || toErrno != Errno.None)
        {
            return (fromErrno != Errno.None ? fromErrno : toErrno).ToResult();
        }

        fromErrno = context.Find(fromArgument, LookupMode.Parent, out var from);
        using (from)
        {
            if (from is null)
            {
                return fromErrno.ToResult();
            }

            toErrno = context.Find(toArgument, LookupMode.Parent, out var to);
            using (to)
            {
                return to is null ? toErrno.ToResult() : Rename(from, to, flags);
            }
        }
    }

    // In the order of Linux (do_renameat2() in fs/namei.c): the mounts, the names, whether anything may be written, what is there.
    private long Rename(LookupResult from, LookupResult to, uint flags)
    {
        if (from.Mapping != to.Mapping)
        {
            return Errno.EXDEV.ToResult();
        }

        if (from.Last != LastName.Normal || to.Last != LastName.Normal)
        {
            return (to.Last != LastName.Normal && from.Last == LastName.Normal && (flags & RenameNoReplace) != 0 ? Errno.EEXIST : Errno.EBUSY).ToResult();
        }

        if (from.NameNode is not null || to.NameNode is not null)
        {
            return Errno.EBUSY.ToResult();
        }

        if (!from.IsWritable || !to.IsWritable)
        {
            return Errno.EROFS.ToResult();
        }

        if (context.Namespace.IsPinned(from, out _) || context.Namespace.IsPinned(to, out _))
        {
            return Errno.EBUSY.ToResult();
        }

        var result = from.Host!.Rename(from.Name, to.Host!, to.Name, flags);
        if (result == 0)
        {
            context.Move(from.NamePath, to.NamePath, flags == RenameExchange);
        }

        return result;
    }

    public long MakeLink(in GuestCall call, int fromDirectory, ulong fromPath, int toDirectory, ulong toPath, int flags = 0)
    {
        if ((flags & ~LinkFlags) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = context.Read(call.Space, fromDirectory, fromPath, out var argument);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        errno = context.Find(argument, LookupMode.Object, out var found);
        using (found)
        {
            var toErrno = FindNew(call.Space, toDirectory, toPath, isDirectory: false, out var parent, found);
            using (parent)
            {
                return toErrno == Errno.EFAULT ? toErrno.ToResult()
                    : found is null ? errno.ToResult()
                    : parent is null ? toErrno.ToResult()
                    : !context.Budget.TryTakeName() ? NoRoom(parent)
                    : context.Budget.Settle(parent.Host!.MakeLink(found.Host!, parent.Name));
            }
        }
    }

    // What is there already needs no room.
    private long NoRoom(LookupResult parent)
    {
        var errno = context.Namespace.FindEntry(parent, out var host);
        host?.Dispose();
        return (errno == Errno.None ? Errno.EEXIST : errno == Errno.ENOENT ? Errno.ENOSPC : errno).ToResult();
    }

    // In the order of Linux: what is there, then whether it could be made, and where links may lead from.
    private Errno FindNew(AddressSpace space, int directory, ulong path, bool isDirectory, out LookupResult? parent, LookupResult? linked = null)
    {
        var errno = context.Find(space, directory, path, LookupMode.Parent, out parent);
        if (parent is null)
        {
            return errno;
        }

        errno = RefusalToMake(parent, isDirectory, linked);
        if (errno != Errno.None)
        {
            parent.Dispose();
            parent = null;
        }

        return errno;
    }

    private Errno RefusalToMake(LookupResult parent, bool isDirectory, LookupResult? linked)
    {
        if (parent.Last != LastName.Normal || parent.NameNode is not null)
        {
            return Errno.EEXIST;
        }

        if (!parent.IsWritable || linked is not null)
        {
            var errno = context.Namespace.FindEntry(parent, out var host);
            host?.Dispose();
            if (errno != Errno.ENOENT)
            {
                return host is not null ? Errno.EEXIST : errno;
            }

            if (parent.HasSeparator && !isDirectory)
            {
                return Errno.ENOENT;
            }
        }

        return !parent.IsWritable ? Errno.EROFS
            : linked is null ? Errno.None
            : linked.Mapping != parent.Mapping ? Errno.EXDEV
            : linked.Host is null || !linked.IsWritable ? Errno.EPERM : Errno.None;
    }
}
