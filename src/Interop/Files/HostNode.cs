using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>
/// An object of the host's file systems that is held, not opened (O_PATH): whatever happens to its name, it stays the same one.
/// From a directory one steps to what it holds by a single name, and no step follows a link. Answers as system calls do.
/// </summary>
public unsafe partial class HostNode : HostObject
{
    private const ulong OneStep = LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_SYMLINKS | LibC.RESOLVE_NO_MAGICLINKS;

    private HostNode(FileDescriptor fd, in stat_t status)
        : base(fd)
    {
        Identity = new HostIdentity(status.st_dev, status.st_ino);
        Status = status;
    }

    /// <summary>Makes a node that shows another one.</summary>
    /// <param name="shown">The other one, which is closed with this.</param>
    protected HostNode(HostNode shown)
        : this(shown.Descriptor, shown.Status)
    {
    }

    /// <summary>Its status when it was found.</summary>
    public stat_t Status { get; private set; }

    /// <summary>Which object it is.</summary>
    public HostIdentity Identity { get; private set; }

    /// <summary>
    /// Whether what is changed here goes to a layer of the guest's own. Whoever looks up names in a node that is not layered reaches the
    /// host's files themselves.
    /// </summary>
    public virtual bool IsLayered => false;

    /// <summary>Its type (S_IFMT of <c>linux/stat.h</c>).</summary>
    public uint Type => Status.st_mode & LibC.S_IFMT;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Type == LibC.S_IFDIR;

    /// <summary>Whether it is a symbolic link.</summary>
    public bool IsLink => Type == LibC.S_IFLNK;

    /// <summary>Whether it is a character or a block device.</summary>
    public bool IsDevice => Type is LibC.S_IFCHR or LibC.S_IFBLK;

    /// <summary>Finds something by a path that the user wrote; symbolic links in it are followed.</summary>
    /// <param name="path">A host path.</param>
    /// <param name="node">What is there, or null on failure.</param>
    public static Errno TryFind(string path, out HostNode? node)
    {
        var fd = LibC.open(path, LibC.O_PATH | LibC.O_CLOEXEC, 0);
        return TryHold(fd, fd < 0 ? LibC.LastError : Errno.None, out node);
    }

    /// <summary>Holds what is held already.</summary>
    /// <param name="held">A descriptor of it, opened with O_PATH; it stays the caller's.</param>
    /// <param name="node">The same object, or null on failure.</param>
    internal static Errno TryHold(FileDescriptor held, out HostNode? node)
    {
        var fd = held.Duplicate();
        return TryHold((int)fd, fd < 0 ? (Errno)(-fd) : Errno.None, out node);
    }

    /// <summary>Steps to what this directory holds under a name. A symbolic link is found itself.</summary>
    /// <param name="name">A single component, NUL-terminated.</param>
    /// <param name="node">What is there, or null on failure.</param>
    /// <exception cref="ArgumentException">The name is no entry's.</exception>
    public virtual Errno TryStep(ReadOnlySpan<byte> name, out HostNode? node)
    {
        RequireName(name, allowSeparator: false);
        var fd = Open(name, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0, out var errno);
        return TryHold(fd, errno, out node);
    }

    /// <summary>Goes many steps at once, within one mount and through no link. A symbolic link at the end is found itself.</summary>
    /// <param name="path">Names with single separators between them, NUL-terminated; <c>..</c> leads nowhere above this directory.</param>
    /// <param name="node">What is there, or null on failure.</param>
    /// <returns>ELOOP for a link on the way, EXDEV for a mount.</returns>
    /// <exception cref="ArgumentException">The path does not end with NUL.</exception>
    public virtual Errno TryGo(ReadOnlySpan<byte> path, out HostNode? node)
    {
        RequireNul(path);
        var fd = Open(path, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0, out var errno, OneStep | LibC.RESOLVE_NO_XDEV);
        return TryHold(fd, errno, out node);
    }

    /// <summary>Steps to the directory that holds this one: only for finding out what lies above, never for a guest's path.</summary>
    /// <param name="node">The directory, this one again at the top, or null on failure.</param>
    public Errno TryStepUp(out HostNode? node)
    {
        long fd;

        // SAFETY: NUL-terminated and pinned for the call.
        fixed (byte* up = "..\0"u8)
        {
            fd = LibC.Call(LibC.SYS_openat, Number, (nint)up, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        }

        return TryHold((int)fd, fd < 0 ? (Errno)(-fd) : Errno.None, out node);
    }

    /// <summary>Opens this very object, whatever its name stands for by now.</summary>
    /// <param name="flags">Flags of open(2), O_CREAT, O_EXCL and O_NOFOLLOW not among them. It never blocks and is never inherited.</param>
    /// <param name="mode">The permission bits of a temporary file (O_TMPFILE); 0 otherwise.</param>
    /// <param name="file">The open file, or null on failure.</param>
    /// <returns>ENFILE, too, when this process needs the descriptors that are left for itself.</returns>
    public virtual Errno TryOpen(int flags, uint mode, out HostFile? file)
    {
        // O_NONBLOCK: opening a FIFO must not hold up the guest's thread. It changes nothing for files and directories.
        flags = (flags & ~(LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW)) | LibC.O_CLOEXEC | LibC.O_NOCTTY | LibC.O_NONBLOCK;
        Span<byte> link = stackalloc byte[LinkBytes];
        WriteLink(link);
        long fd;

        // SAFETY: NUL-terminated, on this stack.
        fixed (byte* pointer = link)
        {
            fd = LibC.Call(LibC.SYS_openat, LibC.AT_FDCWD, (nint)pointer, flags, (nint)mode);
        }

        file = null;
        if (fd < 0)
        {
            return (Errno)(-fd);
        }

        var descriptor = new FileDescriptor((int)fd);
        if (!DescriptorLimit.MayKeep((int)fd))
        {
            descriptor.Dispose();
            return Errno.ENFILE;
        }

        file = new HostFile(descriptor);
        return Errno.None;
    }

    /// <summary>Makes a file in this directory and opens it.</summary>
    /// <param name="name">A single component, NUL-terminated.</param>
    /// <param name="flags">Flags of open(2).</param>
    /// <param name="mode">Its permission bits.</param>
    /// <param name="file">The file, or null on failure.</param>
    /// <returns>EEXIST when there is something by that name, be it a link.</returns>
    /// <exception cref="ArgumentException">The name is no entry's.</exception>
    public virtual Errno TryCreate(ReadOnlySpan<byte> name, int flags, uint mode, out HostFile? file)
    {
        RequireName(name, allowSeparator: false);
        flags |= LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW | LibC.O_CLOEXEC | LibC.O_NOCTTY | LibC.O_NONBLOCK;
        var fd = Open(name, flags, mode, out var errno);
        file = fd < 0 ? null : new HostFile(new FileDescriptor(fd));
        return errno;
    }

    /// <summary>The path by which the kernel knows it now.</summary>
    /// <param name="path">The path, or null when it has none.</param>
    public bool TryGetPath(out string? path)
    {
        path = File.ResolveLinkTarget($"/proc/self/fd/{Number}", returnFinalTarget: false)?.FullName;
        return path is ['/', ..];
    }

    /// <summary>Shows another object from now on.</summary>
    /// <param name="shown">The object, which is closed with this.</param>
    /// <param name="identity">Which object it passes for.</param>
    protected void Show(HostNode shown, HostIdentity identity)
    {
        Descriptor = shown.Descriptor;
        Status = shown.Status with { st_dev = identity.Device, st_ino = identity.Inode };
        Identity = identity;
        ShowAs(identity);
    }

    private static Errno TryHold(int fd, Errno errno, out HostNode? node)
    {
        node = null;
        if (fd < 0)
        {
            return errno;
        }

        var descriptor = new FileDescriptor(fd);
        stat_t status = default;
        var result = DescriptorLimit.MayKeep(fd) ? GetStatus(fd, out status) : Errno.ENFILE.ToResult();
        if (result < 0)
        {
            descriptor.Dispose();
            return (Errno)(-result);
        }

        node = new HostNode(descriptor, status);
        return Errno.None;
    }

    private int Open(ReadOnlySpan<byte> name, int flags, uint mode, out Errno errno, ulong resolve = OneStep)
    {
        var how = new LibC.open_how { flags = (ulong)flags, mode = mode, resolve = resolve };
        int fd;

        // SAFETY: the name is NUL-terminated (checked by the callers) and pinned for the call; `how` is on this stack.
        fixed (byte* pointer = name)
        {
            fd = (int)LibC.openat2(LibC.SYS_openat2, Number, pointer, &how, (nuint)sizeof(LibC.open_how));
        }

        errno = fd < 0 ? LibC.LastError : Errno.None;
        return fd;
    }
}
