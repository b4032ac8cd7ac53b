using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// A host file or directory below which paths are opened. Neither <c>..</c> nor a symbolic link leads out of it: the kernel
/// resolves them with RESOLVE_BENEATH (openat2(2)), so no check here can be raced.
/// </summary>
public sealed unsafe class HostRoot : IDisposable
{
    private const int MaxAttempts = 1000;

    private readonly FileDescriptor _fd;
    private readonly string _path;

    private HostRoot(FileDescriptor fd, string path, bool isDirectory)
    {
        _fd = fd;
        _path = path;
        IsDirectory = isDirectory;
    }

    /// <summary>Whether the root was a directory when it was opened.</summary>
    public bool IsDirectory { get; }

    /// <summary>Opens the root itself; symbolic links in this path, which the user wrote, are followed.</summary>
    /// <param name="path">A host path.</param>
    /// <param name="root">The root, or null on failure.</param>
    public static Errno TryOpen(string path, out HostRoot? root)
    {
        var fd = LibC.open(path, LibC.O_PATH | LibC.O_CLOEXEC, 0);
        if (fd < 0)
        {
            root = null;
            return LibC.LastError;
        }

        var descriptor = new FileDescriptor(fd);
        var result = new HostFile(descriptor).GetStatus(out var status);
        if (result < 0)
        {
            descriptor.Dispose();
            root = null;
            return (Errno)(-result);
        }

        root = new HostRoot(descriptor, path, (status.st_mode & LibC.S_IFMT) == LibC.S_IFDIR);
        return Errno.None;
    }

    /// <summary>Opens a file below the root for reading.</summary>
    /// <param name="relativePath">NUL-terminated path below the root; only the NUL for the root itself.</param>
    /// <param name="file">The file, or null on failure.</param>
    /// <returns>EACCES when the path leads out of the root.</returns>
    /// <exception cref="ArgumentException">The path does not end with NUL.</exception>
    public Errno TryOpenRead(ReadOnlySpan<byte> relativePath, out HostFile? file) => TryOpen(relativePath, LibC.O_RDONLY, mode: 0, out file);

    /// <summary>Opens a file below the root, or makes it.</summary>
    /// <param name="relativePath">NUL-terminated path below the root; only the NUL for the root itself.</param>
    /// <param name="flags">Flags of open(2) that the kernel knows. The file never blocks and is never inherited.</param>
    /// <param name="mode">The permission bits of a file that is made; 0 otherwise.</param>
    /// <param name="file">The file, or null on failure.</param>
    /// <returns>EACCES when the path leads out of the root.</returns>
    /// <exception cref="ArgumentException">The path does not end with NUL.</exception>
    public Errno TryOpen(ReadOnlySpan<byte> relativePath, int flags, uint mode, out HostFile? file)
    {
        // O_NONBLOCK: opening a FIFO must not hold up the guest's thread. It changes nothing for files and directories.
        flags |= LibC.O_CLOEXEC | ((flags & LibC.O_PATH) != 0 ? 0 : LibC.O_NOCTTY | LibC.O_NONBLOCK);
        var errno = TryOpenDescriptor(relativePath, flags, mode, out var fd);
        file = fd is null ? null : new HostFile(fd);
        return errno;
    }

    /// <summary>Finds a file below the root without opening it: for its status and the like.</summary>
    /// <param name="relativePath">NUL-terminated path below the root; only the NUL for the root itself.</param>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="file">The file, or null on failure.</param>
    public Errno TryFind(ReadOnlySpan<byte> relativePath, bool follow, out HostFile? file) =>
        TryOpen(relativePath, LibC.O_PATH | (follow ? 0 : LibC.O_NOFOLLOW), mode: 0, out file);

    /// <summary>Finds a directory below the root, to change its entries.</summary>
    /// <param name="relativePath">NUL-terminated path below the root; only the NUL for the root itself.</param>
    /// <param name="directory">The directory, or null on failure.</param>
    public Errno TryFindDirectory(ReadOnlySpan<byte> relativePath, out HostDirectory? directory)
    {
        var errno = TryOpenDescriptor(relativePath, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0, out var fd);
        directory = fd is null ? null : new HostDirectory(fd);
        return errno;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private Errno TryOpenDescriptor(ReadOnlySpan<byte> path, int flags, uint mode, out FileDescriptor? file)
    {
        if (path is not [.., 0])
        {
            throw new ArgumentException("The path does not end with NUL.", nameof(path));
        }

        // The root itself: what the user wrote may be a link, but its name below the root is none.
        var number = path.Length == 1 ? LibC.open(_path, flags & ~LibC.O_NOFOLLOW, mode) : OpenBeneath(path, flags, mode);
        file = number < 0 ? null : new FileDescriptor(number);
        if (number >= 0)
        {
            return Errno.None;
        }

        var errno = LibC.LastError;
        return errno == Errno.EXDEV ? Errno.EACCES : errno;
    }

    private int OpenBeneath(ReadOnlySpan<byte> path, int flags, uint mode)
    {
        var how = new LibC.open_how
        {
            flags = (ulong)flags,
            mode = mode,
            resolve = LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_MAGICLINKS,
        };

        // SAFETY: the path is NUL-terminated (checked by the caller) and pinned for the call; `how` is on this stack.
        fixed (byte* pointer = path)
        {
            // EAGAIN: a rename somewhere on the machine met a ".." on the way, so the kernel could not be sure (openat2(2)).
            for (var attempt = 1; ; attempt++)
            {
                var fd = (int)LibC.openat2(LibC.SYS_openat2, _fd.Number, pointer, &how, (nuint)sizeof(LibC.open_how));
                if (fd >= 0 || LibC.LastError != Errno.EAGAIN || attempt == MaxAttempts)
                {
                    return fd;
                }
            }
        }
    }
}
