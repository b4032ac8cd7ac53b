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

    private HostRoot(FileDescriptor fd, string path)
    {
        _fd = fd;
        _path = path;
    }

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

        root = new HostRoot(new FileDescriptor(fd), path);
        return Errno.None;
    }

    /// <summary>Opens a file below the root for reading.</summary>
    /// <param name="relativePath">NUL-terminated path below the root; only the NUL for the root itself.</param>
    /// <param name="file">The file, or null on failure.</param>
    /// <returns>EACCES when the path leads out of the root or to something that could block for ever.</returns>
    /// <exception cref="ArgumentException">The path does not end with NUL.</exception>
    public Errno TryOpenRead(ReadOnlySpan<byte> relativePath, out HostFile? file)
    {
        if (relativePath is not [.., 0])
        {
            throw new ArgumentException("The path does not end with NUL.", nameof(relativePath));
        }

        file = null;

        // O_NONBLOCK: opening a FIFO must not hold up the guest's thread. It changes nothing for files and directories.
        const int Flags = LibC.O_RDONLY | LibC.O_CLOEXEC | LibC.O_NOCTTY | LibC.O_NONBLOCK;
        var fd = relativePath.Length == 1 ? LibC.open(_path, Flags, 0) : OpenBeneath(relativePath, Flags);
        if (fd < 0)
        {
            var errno = LibC.LastError;
            return errno == Errno.EXDEV ? Errno.EACCES : errno;
        }

        file = new HostFile(new FileDescriptor(fd));
        return Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private int OpenBeneath(ReadOnlySpan<byte> path, int flags)
    {
        var how = new LibC.open_how
        {
            flags = (ulong)flags,
            resolve = LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_MAGICLINKS,
        };

        // SAFETY: the path is NUL-terminated (checked by the caller) and pinned for the call; `how` is on this stack.
        fixed (byte* pointer = path)
        {
            // A rename anywhere on the host while a ".." is resolved makes the kernel give up with EAGAIN (openat2(2)).
            var fd = -1;
            for (var attempt = 0; fd < 0 && (attempt == 0 || (attempt < MaxAttempts && LibC.LastError == Errno.EAGAIN)); attempt++)
            {
                fd = (int)LibC.openat2(LibC.SYS_openat2, _fd.Number, pointer, &how, (nuint)sizeof(LibC.open_how));
            }

            return fd;
        }
    }
}
