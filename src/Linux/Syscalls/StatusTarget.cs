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

    private readonly LookupResult? _found;
    private readonly GuestFile? _open;

    private StatusTarget(LookupResult? found, GuestFile? open) => (_found, _open) = (found, open);

    /// <summary>The host's object, or null.</summary>
    public HostObject? Host => _found is null ? _open?.Host : _found.Host;

    /// <summary>The host's object that a change of permissions, owner or times is made on, or null.</summary>
    public HostObject? HostToChange => _found is null ? _open?.HostToChange : _found.Host;

    /// <summary>The node of the guest's tree where there is nothing of the host's, or null.</summary>
    public NamespaceNode? Node => _found is { Host: null, Node: { } node } ? node : null;

    /// <summary>What the path led to, or null for a descriptor.</summary>
    public LookupResult? Found => _found;

    /// <summary>What is open, or null.</summary>
    public GuestFile? Open => _open;

    /// <summary>Whether it came from a descriptor.</summary>
    public bool IsOpen => _open is not null;

    /// <summary>Whether the guest may change it.</summary>
    public bool IsWritable => _found is { IsWritable: true } || _open is { IsWritableMapping: true } || Node?.Device is not null;

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
        var errno = context.Read(space, directory, path, out var argument);
        if (errno == Errno.ENOENT && (flags & EmptyPath) != 0)
        {
            if (directory != SyscallContext.CurrentDirectory)
            {
                return OfDescriptor(context, directory, out target);
            }

            argument = new PathArgument { Start = context.Directory, Text = "."u8 };
            errno = Errno.None;
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        var follow = (flags & NoFollow) == 0;
        errno = context.Find(argument, follow ? LookupMode.Follow : LookupMode.Object, out var found);
        if (follow && found is { Node: { Descriptor: { } fd, Root: null } })
        {
            return OfDescriptor(context, fd, out target) == Errno.None ? Errno.None : Errno.ENOENT;
        }

        target = new StatusTarget(found, null);
        return errno;
    }

    /// <summary>Its status.</summary>
    public long GetStatus(out stat_t status)
    {
        if (_open is not null)
        {
            return _open.GetStatus(out status);
        }

        // Just found; a mapping's root was found long ago.
        status = _found is { IsOwned: true } ? _found.Host!.Status : Node?.Status ?? default;
        return _found is { IsOwned: false, Host: { } root } ? root.GetStatus(out status) : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _found?.Dispose();

    private static Errno OfDescriptor(SyscallContext context, int fd, out StatusTarget target)
    {
        target = new StatusTarget(null, context.Table[fd]);
        return target._open is null ? Errno.EBADF : Errno.None;
    }
}
