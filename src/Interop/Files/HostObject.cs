using System.Buffers.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>
/// Something in the host's file systems that a descriptor stands for, whether it is opened (<see cref="HostFile"/>) or only held
/// (<see cref="HostNode"/>), and what is known of it besides its content. Answers as system calls do.
/// </summary>
public abstract unsafe class HostObject : IDisposable
{
    /// <summary>Room for <c>/proc/self/fd/</c>, a number and a NUL.</summary>
    private protected const int LinkBytes = 32;

    /// <summary>What chmod(2) sets of a mode.</summary>
    private const uint SettableMode = 0xFFF;

    private FileDescriptor _fd;
    private HostIdentity? _shownAs;

    private protected HostObject(FileDescriptor fd) => _fd = fd;

    private protected static ReadOnlySpan<byte> NoPath => "\0"u8;

    internal int Number => _fd.Number;

    private protected FileDescriptor Descriptor
    {
        get => _fd;
        set => _fd = value;
    }

    /// <summary>Has its status name another object from now on: the one that it is a copy of.</summary>
    public void ShowAs(HostIdentity other) => _shownAs = other;

    /// <summary>Reads the status (fstat(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public long GetStatus(out stat_t status)
    {
        var result = GetStatus(_fd.Number, out status);
        if (result == 0 && _shownAs is { } other)
        {
            (status.st_dev, status.st_ino) = (other.Device, other.Inode);
        }

        return result;
    }

    /// <summary>Reads the extended status (statx(2)).</summary>
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
        if (result == 0 && _shownAs is { } other)
        {
            status.stx_ino = other.Inode;
            (status.stx_dev_major, status.stx_dev_minor) = (other.MajorDevice, other.MinorDevice);
        }

        return result;
    }

    /// <summary>Reads the status of the file system it is in (fstatfs(2)).</summary>
    /// <returns>0, or a negative errno.</returns>
    public virtual long GetFileSystem(out statfs_t status)
    {
        statfs_t value;

        // SAFETY: the kernel writes one structure to this stack.
        var result = LibC.Call(LibC.SYS_fstatfs, _fd.Number, (nint)(&value));
        status = result == 0 ? value : default;
        return result;
    }

    /// <summary>Whether this process may access it (faccessat2(2)).</summary>
    /// <param name="mode">R_OK 4, W_OK 2, X_OK 1, F_OK 0.</param>
    /// <param name="flags">AT_EACCESS, or 0.</param>
    /// <returns>0, or a negative errno.</returns>
    public virtual long CheckAccess(int mode, int flags)
    {
        // SAFETY: the kernel reads an empty string.
        fixed (byte* path = NoPath)
        {
            return LibC.Call(LibC.SYS_faccessat2, _fd.Number, (nint)path, mode, flags | LibC.AT_EMPTY_PATH);
        }
    }

    /// <summary>Reads where a symbolic link leads.</summary>
    /// <returns>Bytes put into the buffer, or a negative errno: ENOENT when it is no link.</returns>
    public long ReadLink(Span<byte> target)
    {
        // SAFETY: both are pinned for the call, and the length is the span's own.
        fixed (byte* path = NoPath, buffer = target)
        {
            return LibC.Call(LibC.SYS_readlinkat, _fd.Number, (nint)path, (nint)buffer, target.Length);
        }
    }

    /// <summary>Sets the permission bits.</summary>
    /// <returns>0, or a negative errno.</returns>
    public virtual long ChangeMode(uint mode)
    {
        // The one call that takes no O_PATH descriptor; its link in /proc does.
        Span<byte> link = stackalloc byte[LinkBytes];
        WriteLink(link);

        // SAFETY: NUL-terminated, on this stack.
        fixed (byte* pointer = link)
        {
            return LibC.Call(LibC.SYS_chmod, (nint)pointer, (nint)mode);
        }
    }

    /// <summary>Sets the owner and the group; 0xFFFFFFFF leaves one as it is.</summary>
    /// <returns>0, or a negative errno.</returns>
    public virtual long ChangeOwner(uint user, uint group)
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
    public virtual long SetTimes(ReadOnlySpan<timespec_t> times)
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

    /// <summary>
    /// Takes the set-id bits from a regular file, as the kernel does before it is written, but not where the writer has CAP_FSETID.
    /// </summary>
    public void DropSetId()
    {
        if (SetIdPrivilege.IsHeld && GetStatus(out var status) == 0
            && (status.st_mode & LibC.S_IFMT) == LibC.S_IFREG && (status.st_mode & (LibC.S_ISUID | LibC.S_ISGID)) != 0)
        {
            ChangeMode(status.st_mode & SettableMode & ~(LibC.S_ISUID | LibC.S_ISGID));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what is held.</summary>
    /// <param name="disposing">Always true: descriptors close themselves when nobody has them any more.</param>
    protected virtual void Dispose(bool disposing) => _fd.Dispose();

    /// <summary>Reads the status of a descriptor of this process, whatever it is of.</summary>
    internal static long GetStatus(int descriptor, out stat_t status)
    {
        stat_t value;
        long result;

        // SAFETY: the kernel reads an empty string and writes one structure to this stack.
        fixed (byte* path = NoPath)
        {
            result = LibC.Call(LibC.SYS_newfstatat, descriptor, (nint)path, (nint)(&value), LibC.AT_EMPTY_PATH);
        }

        status = result == 0 ? value : default;
        return result;
    }

    /// <summary>Writes the path of this descriptor's link in /proc, which leads to the very object and looks no name up.</summary>
    private protected void WriteLink(Span<byte> link)
    {
        var prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(link);
        Utf8Formatter.TryFormat(_fd.Number, link[prefix.Length..], out var digits);
        link[prefix.Length + digits] = 0;
    }
}
