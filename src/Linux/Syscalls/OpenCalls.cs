using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Opening files: the host's, directories of the guest's tree, devices, and what is open already.</summary>
internal sealed class OpenCalls(SyscallContext context)
{
    // How often a file that is to be made may come and go under our hands.
    private const int MaxAttempts = 16;

    private const int Making = OpenFlags.Create | OpenFlags.Exclusive;

    /// <summary>Opens a file.</summary>
    /// <returns>Its descriptor, or a negative errno.</returns>
    public long Open(in GuestCall call, int directory, ulong path, int flags, uint mode)
    {
        var errno = context.Read(call.Space, directory, path, out var argument);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        if (context.Table.IsFull)
        {
            return Errno.EMFILE.ToResult();
        }

        // As open(2) does: beside O_PATH most flags mean nothing. What makes something must not follow a link at the end.
        flags = (flags & OpenFlags.Path) != 0 ? flags & (OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec) : flags;
        if ((flags & OpenFlags.Create) != 0 && (flags & OpenFlags.Directory) != 0 && (flags & OpenFlags.TemporaryFileBit) == 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var lookup = ((flags & OpenFlags.NoFollow) != 0 || (flags & Making) == Making ? LookupMode.Object : LookupMode.Follow)
            | ((flags & OpenFlags.Create) != 0 ? LookupMode.Create : LookupMode.Object);
        GuestFile? file = null;
        errno = Errno.EEXIST;
        for (var attempt = 0; attempt < MaxAttempts && errno == Errno.EEXIST; attempt++)
        {
            errno = context.Find(argument, lookup, out var found);
            if (found is null)
            {
                return errno.ToResult();
            }

            using (found)
            {
                errno = found.Last == LastName.Normal ? Make(found, flags, mode, out file) : OpenFound(found, flags, mode, out file);
            }

            // Made by somebody else since: what is there now is opened, unless the guest wants it to be its own.
            if ((flags & OpenFlags.Exclusive) != 0)
            {
                break;
            }
        }

        return file is null ? errno.ToResult() : context.Table.Add(file, (flags & OpenFlags.CloseOnExec) != 0);
    }

    private static bool IsChange(int flags) =>
        (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly || (flags & (OpenFlags.Truncate | OpenFlags.TemporaryFileBit)) != 0;

    private Errno Make(LookupResult parent, int flags, uint mode, out GuestFile? file)
    {
        file = null;
        if (!parent.IsWritable)
        {
            return Errno.EROFS;
        }

        if (!context.Budget.TryTakeName())
        {
            return Errno.ENOSPC;
        }

        var errno = parent.Host!.TryCreate(parent.PlainName, flags & OpenFlags.Known, mode & ModeBits.Settable & ~context.Umask, out var host);
        context.Budget.Settle(errno.ToResult());
        if (host is not null)
        {
            file = new HostGuestFile(host, flags, context.Budget) { IsWritableMapping = true, Path = parent.NamePath };
        }

        return errno;
    }

    private Errno OpenFound(LookupResult found, int flags, uint mode, out GuestFile? file)
    {
        file = null;
        if ((flags & Making) == Making)
        {
            return Errno.EEXIST;
        }

        var errno = found.Host is not null ? OpenHost(found, flags, mode, out file)
            : found.IsOwn ? OpenOwn(found.Node!, flags, out file) : OpenTree(found.Node!, flags, out file);
        if (file is not null)
        {
            file.Path ??= found.Path;
        }

        return errno;
    }

    private Errno OpenTree(NamespaceNode node, int flags, out GuestFile? file)
    {
        file = null;
        if (IsChange(flags) || (flags & OpenFlags.Create) != 0)
        {
            return (flags & OpenFlags.TemporaryFileBit) != 0 ? Errno.EROFS : Errno.EISDIR;
        }

        var open = Enumerable.Range(0, context.Table.Capacity).Where(fd => context.Table[fd] is not null);
        file = new TreeDirectory(node, flags, node.HoldsDescriptors ? node.List(open) : null);
        return Errno.None;
    }

    private Errno OpenOwn(NamespaceNode node, int flags, out GuestFile? file)
    {
        file = null;
        if ((flags & OpenFlags.Directory) != 0)
        {
            return Errno.ENOTDIR;
        }

        // The same open file, which on Linux it is for a pipe or a terminal in all that matters.
        if (node.Descriptor is { } fd)
        {
            file = context.Table[fd];
            return file is null ? Errno.ENOENT : Errno.None;
        }

        if (node.Proc is { } proc)
        {
            if (IsChange(flags))
            {
                return Errno.EACCES;
            }

            var text = (flags & OpenFlags.Path) == 0 ? new ProcText(context).Read(proc) : [];
            if (!context.Budget.MadeBytes.TryTake(text.Length))
            {
                return Errno.ENOMEM;
            }

            file = new TextFile(text, node.Status, flags, context.Budget.MadeBytes);
            return Errno.None;
        }

        if (node.Provided is { } provided)
        {
            return OpenProvided(node, provided, flags, out file);
        }

        if (node.Device is not { } device)
        {
            return Errno.ELOOP;
        }

        if (device == DeviceKind.Terminal && (flags & OpenFlags.Path) == 0)
        {
            return Errno.ENXIO;
        }

        file = new DeviceFile(device, node.Status, flags, context.Random);
        return Errno.None;
    }

    private static Errno OpenProvided(NamespaceNode node, ProvidedFile provided, int flags, out GuestFile? file)
    {
        file = null;
        if (provided.Stream is not { } stream)
        {
            if (IsChange(flags))
            {
                return Errno.EROFS;
            }

            file = new TextFile(provided.Content, node.Status, flags, quota: null);
            return Errno.None;
        }

        if ((flags & OpenFlags.Path) == 0 && (flags & OpenFlags.AccessMode) != (provided.IsWritten ? OpenFlags.WriteOnly : OpenFlags.ReadOnly))
        {
            return Errno.EACCES;
        }

        file = provided.IsWritten ? new GuestStreamWriter(stream, flags) : new GuestStreamReader(stream, flags);
        return Errno.None;
    }

    private Errno OpenHost(LookupResult found, int flags, uint mode, out GuestFile? file)
    {
        file = null;
        var host = found.Host!;
        if (Refusal(found, flags) is var refused and not Errno.None)
        {
            return refused;
        }

        if ((flags & OpenFlags.Truncate) != 0)
        {
            host.DropSetId();
        }

        var isTemporary = (flags & OpenFlags.TemporaryFileBit) != 0;
        if (isTemporary && !context.Budget.TryTakeName())
        {
            return Errno.ENOSPC;
        }

        var errno = context.Namespace.TryOpen(found, flags & OpenFlags.Known, isTemporary ? mode & ModeBits.Settable & ~context.Umask : 0, out var opened);
        if (isTemporary)
        {
            context.Budget.Settle(errno.ToResult());
        }

        if (opened is not null)
        {
            file = isTemporary ? new HostGuestFile(opened, flags, context.Budget) { IsWritableMapping = true } : FileOf(found, opened, flags);
            if ((flags & OpenFlags.Truncate) != 0)
            {
                context.Shared.Find(file)?.CutOff();
            }
        }

        return errno;
    }

    private GuestFile FileOf(LookupResult found, HostFile opened, int flags)
    {
        var place = found.Host is OverlayNode { IsChanged: false } or OverlayNode { IsDirectory: true } ? OverlayPlace.Of((OverlayNode)found.Host) : null;
        return found.Host!.IsDirectory && place is not null
            ? new OverlayDirectory(opened, place, flags, FileNamespace.MountPointsIn(found), context.Budget.MadeBytes) { IsWritableMapping = found.IsWritable }
            : new HostGuestFile(opened, flags, context.Budget, FileNamespace.MountPointsIn(found)) { IsWritableMapping = found.IsWritable, Place = place };
    }

    // In the order of Linux: do_open() and may_open() in fs/namei.c.
    private static Errno Refusal(LookupResult found, int flags)
    {
        var host = found.Host!;
        if (host.IsDirectory && (flags & OpenFlags.Create) != 0)
        {
            return Errno.EISDIR;
        }

        if (!host.IsDirectory && (flags & OpenFlags.Directory) != 0)
        {
            return Errno.ENOTDIR;
        }

        if ((flags & OpenFlags.Path) != 0)
        {
            return Errno.None;
        }

        if (host.IsLink)
        {
            return Errno.ELOOP;
        }

        // A device is the host's itself; one that the user mapped by its own name is meant.
        if (host.IsDevice && found.Mapping!.Root!.Identity != host.Identity)
        {
            return Errno.EACCES;
        }

        return !IsChange(flags) ? Errno.None
            : host.IsDirectory && (flags & OpenFlags.TemporaryFileBit) == 0 ? Errno.EISDIR
            : found.IsWritable ? Errno.None : Errno.EROFS;
    }
}
