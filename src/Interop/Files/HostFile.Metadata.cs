using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>What is known of a file besides its content; all of it works for files opened with O_PATH as well.</summary>
public sealed unsafe partial class HostFile
{
    private static ReadOnlySpan<byte> NoPath => "\0"u8;

    internal int Number => _fd.Number;

    /// <summary>Reads the file's status (fstat(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public long GetStatus(out stat_t status)
    {
        stat_t value;
        long result;

        // SAFETY: the kernel reads an empty string and writes one structure to this stack.
        fixed (byte* path = NoPath)
        {
            result = LibC.Call(LibC.SYS_newfstatat, _fd.Number, (nint)path, (nint)(&value), LibC.AT_EMPTY_PATH);
        }

        status = result == 0 ? value : default;
        return result;
    }

    /// <summary>Reads the file's extended status (statx(2)).</summary>
    /// <param name="flags">Only the AT_STATX_… ones matter.</param>
    /// <param name="mask">STATX_… bits.</param>
    /// <param name="status">What the kernel says.</param>
    /// <returns>0, or a negative errno.</returns>
    public long GetExtendedStatus(int flags, uint mask, out statx_t status)
    {
        statx_t value;
        long result;

        // SAFETY: the kernel reads an empty string and writes one structure to this stack.
        fixed (byte* path = NoPath)
        {
            result = LibC.Call(LibC.SYS_statx, _fd.Number, (nint)path, flags | LibC.AT_EMPTY_PATH, (nint)mask, (nint)(&value));
        }

        status = result == 0 ? value : default;
        return result;
    }

    /// <summary>Reads the status of the file's file system (fstatfs(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public long GetFileSystem(out statfs_t status)
    {
        statfs_t value;

        // SAFETY: the kernel writes one structure to this stack.
        var result = LibC.Call(LibC.SYS_fstatfs, _fd.Number, (nint)(&value));
        status = result == 0 ? value : default;
        return result;
    }

    /// <summary>Whether this process may access the file (faccessat2(2)).</summary>
    /// <param name="mode">R_OK 4, W_OK 2, X_OK 1, F_OK 0.</param>
    /// <param name="flags">AT_EACCESS, or 0.</param>
    /// <returns>0, or a negative errno.</returns>
    public long CheckAccess(int mode, int flags)
    {
        // SAFETY: the kernel reads an empty string.
        fixed (byte* path = NoPath)
        {
            return LibC.Call(LibC.SYS_faccessat2, _fd.Number, (nint)path, mode, flags | LibC.AT_EMPTY_PATH);
        }
    }

    /// <summary>Reads where a symbolic link leads; the file must have been opened with O_PATH and O_NOFOLLOW.</summary>
    /// <returns>Bytes put into the buffer, or a negative errno: ENOENT when it is no link.</returns>
    public long ReadLink(Span<byte> target)
    {
        // SAFETY: both are pinned for the call, and the length is the span's own.
        fixed (byte* path = NoPath, buffer = target)
        {
            return LibC.Call(LibC.SYS_readlinkat, _fd.Number, (nint)path, (nint)buffer, target.Length);
        }
    }

    /// <summary>Reads entries of a directory at its position (getdents64(2)).</summary>
    /// <returns>Bytes put into the buffer, 0 at the end, or a negative errno.</returns>
    public long ReadDirectory(Span<byte> entries)
    {
        // SAFETY: pinned for the call, and the length is the span's own.
        fixed (byte* buffer = entries)
        {
            return LibC.Call(LibC.SYS_getdents64, _fd.Number, (nint)buffer, entries.Length);
        }
    }

    /// <summary>Cuts or extends the file.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long Truncate(long length) => LibC.Call(LibC.SYS_ftruncate, _fd.Number, (nint)length);

    /// <summary>Writes the file to its disk.</summary>
    /// <param name="dataOnly">Whether times and the like may stay behind (fdatasync(2)).</param>
    /// <returns>0, or a negative errno.</returns>
    public long Sync(bool dataOnly) => LibC.Call(dataOnly ? LibC.SYS_fdatasync : LibC.SYS_fsync, _fd.Number);

    /// <summary>Sets O_APPEND; the file stays non-blocking.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long SetAppend(bool append) =>
        LibC.Call(LibC.SYS_fcntl, _fd.Number, LibC.F_SETFL, LibC.O_NONBLOCK | (append ? LibC.O_APPEND : 0));

    /// <summary>Bytes that can be read without waiting (FIONREAD), or a negative errno.</summary>
    public long GetAvailable()
    {
        int count = 0;

        // SAFETY: the kernel writes four bytes to this stack.
        var result = LibC.Call(LibC.SYS_ioctl, _fd.Number, (nint)LibC.FIONREAD, (nint)(&count));
        return result < 0 ? result : count;
    }

    /// <summary>Sets the permission bits.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long ChangeMode(uint mode)
    {
        // The one call that takes no descriptor of an O_PATH file on older kernels; its link in /proc does.
        Span<byte> path = stackalloc byte[32];
        Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_fd.Number}\0"), path, out _);

        // SAFETY: NUL-terminated and pinned for the call.
        fixed (byte* pointer = path)
        {
            return LibC.Call(LibC.SYS_chmod, (nint)pointer, (nint)mode);
        }
    }

    /// <summary>Sets the owner and the group; 0xFFFFFFFF leaves one as it is.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long ChangeOwner(uint user, uint group)
    {
        // SAFETY: the kernel reads an empty string.
        fixed (byte* path = NoPath)
        {
            return LibC.Call(LibC.SYS_fchownat, _fd.Number, (nint)path, (nint)user, (nint)group, LibC.AT_EMPTY_PATH);
        }
    }

    /// <summary>Sets the times of the last access and the last change (utimensat(2)).</summary>
    /// <param name="times">Both; empty for now.</param>
    /// <returns>0, or a negative errno.</returns>
    public long SetTimes(ReadOnlySpan<timespec_t> times)
    {
        if (times.Length is not (0 or 2))
        {
            return Errno.EINVAL.ToResult();
        }

        // SAFETY: an empty string and none or two structures, pinned for the call.
        fixed (byte* path = NoPath)
        fixed (timespec_t* both = times)
        {
            return LibC.Call(LibC.SYS_utimensat, _fd.Number, (nint)path, (nint)both, LibC.AT_EMPTY_PATH);
        }
    }
}
