using KvmActors.Interop.Libc;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Interop.Files;

/// <summary>
/// A folder that the program writes files into, by its descriptor: whatever takes its name later, or whatever links somebody puts
/// into it, nothing outside of it is written.
/// </summary>
public sealed unsafe class OutputFolder : IDisposable
{
    private const int FolderMode = 0x1ED; // 0755
    private const int FileMode = 0x1A4; // 0644

    private readonly SafeFileHandle _folder;

    private OutputFolder(SafeFileHandle folder) => _folder = folder;

    /// <summary>Opens a folder, and makes it where there is none; what it is to be in has to be there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="folder">The folder; null when it cannot be had.</param>
    public static Errno Open(string path, out OutputFolder? folder)
    {
        folder = null;
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return Errno.ENOENT;
        }

        // SAFETY: a NUL-terminated text, pinned for the call.
        fixed (byte* pointer = PlainFile.Text(path))
        {
            var made = LibC.Call(LibC.SYS_mkdirat, LibC.AT_FDCWD, (nint)pointer, FolderMode);
            if (made < 0 && made != Errno.EEXIST.ToResult())
            {
                return (Errno)(-made);
            }
        }

        var descriptor = LibC.open(path, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return LibC.LastError;
        }

        folder = new OutputFolder(new SafeFileHandle(descriptor, ownsHandle: true));
        return Errno.None;
    }

    /// <summary>Opens a file in the folder to write at its end, and makes it where there is none. Links are not followed.</summary>
    /// <param name="name">Its name, without a path.</param>
    /// <param name="truncate">Whether what is in it goes.</param>
    /// <param name="file">The file; null when it cannot be written.</param>
    /// <returns>None; EINVAL for what is no name, or no regular file; ELOOP for a link; or what open(2) says.</returns>
    public Errno OpenFile(string name, bool truncate, out SafeFileHandle? file)
    {
        file = null;
        if (name is "" or "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
        {
            return Errno.EINVAL;
        }

        const int Flags = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_NOCTTY | LibC.O_CLOEXEC;
        long descriptor;

        // SAFETY: a NUL-terminated text, pinned for the call.
        fixed (byte* pointer = PlainFile.Text(name))
        {
            descriptor = LibC.Call(LibC.SYS_openat, _folder.DangerousGetHandle(), (nint)pointer, Flags | (truncate ? LibC.O_TRUNC : 0), FileMode);
        }

        if (descriptor < 0)
        {
            return (Errno)(-descriptor);
        }

        var opened = new SafeFileHandle((nint)descriptor, ownsHandle: true);
        if (PlainFile.GetStatus((int)descriptor, out var status) != Errno.None || !PlainFile.IsRegular(status))
        {
            opened.Dispose();
            return Errno.EINVAL;
        }

        file = opened;
        return Errno.None;
    }

    /// <summary>Writes all bytes to an open file.</summary>
    /// <returns>None, or why the rest is not written.</returns>
    public static Errno Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = HostOutput.Write((int)file.DangerousGetHandle(), bytes);
            if (written > 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (written != Errno.EINTR.ToResult())
            {
                return written == 0 ? Errno.EIO : (Errno)(-written);
            }
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
