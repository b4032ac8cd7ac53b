using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// What a path or a descriptor leads to, without opening it: a host's file, a node of the guest's tree, or what is open already.
/// </summary>
internal readonly struct StatusTarget : IDisposable
{
    /// <summary>AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH of <c>linux/fcntl.h</c>.</summary>
    public const int NoFollow = 0x100, EmptyPath = 0x1000;

    private readonly HostFile? _found;
    private readonly GuestFile? _open;
    private readonly bool _isWritable;

    private StatusTarget(HostFile? found, NamespaceNode? node, GuestFile? open, bool isWritable)
    {
        _found = found;
        Node = node;
        _open = open;
        _isWritable = isWritable;
    }

    /// <summary>The host's file, or null.</summary>
    public HostFile? Host => _found ?? _open?.Host;

    /// <summary>The node of the guest's tree, or null.</summary>
    public NamespaceNode? Node { get; }

    /// <summary>What is open, or null.</summary>
    public GuestFile? Open => _open;

    /// <summary>Whether it came from a descriptor.</summary>
    public bool IsOpen => _open is not null;

    /// <summary>Whether the guest may change it.</summary>
    public bool IsWritable => _isWritable || _open is { IsWritableMapping: true } || Node?.Device is not null;

    /// <summary>Finds what a call's path, or with AT_EMPTY_PATH its descriptor, leads to.</summary>
    /// <param name="context">What the program has.</param>
    /// <param name="space">What kind of address the path has.</param>
    /// <param name="directory">The descriptor.</param>
    /// <param name="path">The path's address.</param>
    /// <param name="flags">AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH.</param>
    /// <param name="target">What was found; to be disposed.</param>
    public static Errno Find(SyscallContext context, AddressSpace space, int directory, ulong path, int flags, out StatusTarget target)
    {
        target = default;
        var errno = context.Locate(space, directory, path, out var location, out var text);
        if (errno == Errno.ENOENT && text.IsEmpty && (flags & EmptyPath) != 0)
        {
            return directory == SyscallContext.CurrentDirectory
                ? OfLocation(context.Namespace.Locate(context.Directory, "."u8, out location), location, follow: true, context, out target)
                : OfDescriptor(context, directory, out target);
        }

        return OfLocation(errno, location, (flags & NoFollow) == 0, context, out target);
    }

    /// <summary>Its status.</summary>
    public long GetStatus(out stat_t status)
    {
        if (_open is not null)
        {
            return _open.GetStatus(out status);
        }

        status = Node?.Status ?? default;
        return _found?.GetStatus(out status) ?? 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _found?.Dispose();

    private static Errno OfDescriptor(SyscallContext context, int fd, out StatusTarget target)
    {
        target = new StatusTarget(null, null, context.Table[fd], isWritable: false);
        return target._open is null ? Errno.EBADF : Errno.None;
    }

    private static Errno OfLocation(Errno errno, GuestLocation? location, bool follow, SyscallContext context, out StatusTarget target)
    {
        target = default;
        if (location is null)
        {
            return errno;
        }

        // A link of ours is followed to a path that was absolute and normalised from the start.
        if (follow && location.Node is { Link: { } link, Root: null } && !location.MustBeDirectory)
        {
            _ = context.Namespace.Locate("/"u8, link, out location);
        }

        if (follow && location!.Node is { Descriptor: { } fd, Root: null })
        {
            return OfDescriptor(context, fd, out target) == Errno.None ? Errno.None : Errno.ENOENT;
        }

        errno = context.Namespace.TryFind(location!, follow, out var host, out var node);
        target = new StatusTarget(host, node, null, location!.IsWritable && host is not null);
        return errno;
    }
}
