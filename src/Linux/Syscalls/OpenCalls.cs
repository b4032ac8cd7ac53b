using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Opening files: the host's, directories of the guest's tree, devices, and what is open already.</summary>
internal sealed class OpenCalls(SyscallContext context)
{
    /// <summary>Opens a file.</summary>
    /// <returns>Its descriptor, or a negative errno.</returns>
    public long Open(in GuestCall call, int directory, ulong path, int flags, uint mode)
    {
        var errno = context.Locate(call.Space, directory, path, out var location);
        if (location is null)
        {
            return errno.ToResult();
        }

        if (context.Table.IsFull)
        {
            return Errno.EMFILE.ToResult();
        }

        if (location.Node is { Link: { } link, Root: null } && (flags & OpenFlags.NoFollow) == 0)
        {
            _ = context.Namespace.Locate("/"u8, link, out location);
        }

        errno = OpenOnce(location!, flags, mode, out var file);
        var follow = (flags & OpenFlags.NoFollow) == 0;
        for (var links = 0; errno == Errno.EACCES && context.Namespace.TryFollow(location!, follow, ref links, out errno) is { } target;)
        {
            location = target;
            errno = OpenOnce(location, flags, mode, out file);
        }

        if (errno == Errno.ENOENT && location!.Node is { IsPlainDirectory: true })
        {
            errno = OpenTree(location.Node, flags, out file);
        }

        if (file is null)
        {
            return errno.ToResult();
        }

        file.Path ??= location!.Path;
        return context.Table.Add(file, (flags & OpenFlags.CloseOnExec) != 0);
    }

    private Errno OpenOnce(GuestLocation location, int flags, uint mode, out GuestFile? file) =>
        location.IsOwn ? OpenOwn(location, flags, out file) : OpenHost(location, flags, mode, out file);

    private static bool IsChange(int flags) =>
        (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly || (flags & (OpenFlags.Truncate | OpenFlags.TemporaryFileBit)) != 0;

    private static Errno OpenTree(NamespaceNode node, int flags, out GuestFile? file)
    {
        file = null;
        if ((flags & (OpenFlags.Create | OpenFlags.Exclusive)) == (OpenFlags.Create | OpenFlags.Exclusive))
        {
            return Errno.EEXIST;
        }

        if ((flags & OpenFlags.Path) == 0 && (IsChange(flags) || (flags & OpenFlags.Create) != 0))
        {
            return (flags & OpenFlags.TemporaryFileBit) != 0 ? Errno.EROFS : Errno.EISDIR;
        }

        file = new TreeDirectory(node, flags);
        return Errno.None;
    }

    private Errno OpenOwn(GuestLocation location, int flags, out GuestFile? file)
    {
        file = null;
        var node = location.Node!;
        if (location.MustBeDirectory || (flags & OpenFlags.Directory) != 0)
        {
            return Errno.ENOTDIR;
        }

        if ((flags & (OpenFlags.Create | OpenFlags.Exclusive)) == (OpenFlags.Create | OpenFlags.Exclusive))
        {
            return Errno.EEXIST;
        }

        // The same open file, which on Linux it is for a pipe or a terminal in all that matters.
        if (node.Descriptor is { } fd)
        {
            file = context.Table[fd];
            return file is null ? Errno.ENOENT : Errno.None;
        }

        if (node.Device is not { } device)
        {
            return Errno.ELOOP;
        }

        if (device == DeviceKind.Terminal && (flags & OpenFlags.Path) == 0)
        {
            return Errno.ENXIO;
        }

        file = new DeviceFile(device, node.Status, flags);
        return Errno.None;
    }

    private Errno OpenHost(GuestLocation location, int flags, uint mode, out GuestFile? file)
    {
        file = null;
        if (location.Mapping is not { Root: { } root })
        {
            return location.IsBelowFile ? Errno.ENOTDIR
                : location.Node is null && location.IsParentSynthetic && (flags & OpenFlags.Create) != 0 ? Errno.EROFS : Errno.ENOENT;
        }

        var hostFlags = flags & OpenFlags.Known;
        var isChange = (flags & OpenFlags.Path) == 0 && (IsChange(flags) || (flags & OpenFlags.Create) != 0);
        if (isChange && !location.IsWritable)
        {
            var refused = CheckReadOnly(location, flags);
            if (refused != Errno.None)
            {
                return refused;
            }

            hostFlags &= ~(OpenFlags.Create | OpenFlags.Exclusive);
        }

        // openat2(2) takes no mode where nothing is made, and refuses what open(2) ignores beside O_PATH.
        var makes = (hostFlags & (OpenFlags.Create | OpenFlags.TemporaryFileBit)) != 0 && (flags & OpenFlags.Path) == 0;
        hostFlags &= (flags & OpenFlags.Path) != 0 ? OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow : ~0;
        var errno = root.TryOpen(location.Relative, hostFlags, makes ? mode & ModeBits.Settable & ~context.Umask : 0, out var host);
        if (host is not null)
        {
            file = new HostGuestFile(host, flags, context.Budget, MountPoints(location, host)) { IsWritableMapping = location.IsWritable };
        }

        return errno;
    }

    // What Linux says on a read-only file system: what is wrong anyway comes first.
    private Errno CheckReadOnly(GuestLocation location, int flags)
    {
        var errno = context.Namespace.TryFind(location, follow: (flags & OpenFlags.NoFollow) == 0, out var found, out _);
        using (found)
        {
            if (found is null)
            {
                return errno == Errno.ENOENT && (flags & OpenFlags.Create) != 0 ? Errno.EROFS : errno;
            }

            if ((flags & (OpenFlags.Create | OpenFlags.Exclusive)) == (OpenFlags.Create | OpenFlags.Exclusive))
            {
                return Errno.EEXIST;
            }

            found.GetStatus(out var status);
            var isDirectory = (status.st_mode & ModeBits.Type) == ModeBits.Directory;
            return isDirectory && (flags & OpenFlags.TemporaryFileBit) == 0 ? Errno.EISDIR
                : IsChange(flags) ? Errno.EROFS : Errno.None;
        }
    }

    private static DirectoryEntries? MountPoints(GuestLocation location, HostFile host)
    {
        if (location.Node is null || !location.Node.Children.Any())
        {
            return null;
        }

        host.GetStatus(out var status);
        return (status.st_mode & ModeBits.Type) == ModeBits.Directory ? FileNamespace.MountPointsIn(location) : null;
    }
}
