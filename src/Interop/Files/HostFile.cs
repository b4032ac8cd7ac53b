using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Files;

/// <summary>
/// An open host file. Its operations answer as system calls do, with a count or a negative errno, because what they answer
/// goes to a guest. One thread at a time.
/// </summary>
public sealed unsafe class HostFile : HostObject
{
    internal HostFile(FileDescriptor fd)
        : base(fd)
    {
    }

    /// <summary>Reads at the file's position into the pieces, in order.</summary>
    /// <returns>Bytes read, 0 at the end of the file, or a negative errno.</returns>
    public long Read(GuestIoVector target)
    {
        // SAFETY: the pieces were checked against live guest memory when added.
        return Result(LibC.readv(Number, target.Pieces, target.Count));
    }

    /// <summary>Reads at an offset into the pieces, in order; the file's position stays.</summary>
    /// <returns>Bytes read, 0 at the end of the file, or a negative errno.</returns>
    public long ReadAt(GuestIoVector target, long offset)
    {
        // SAFETY: as in Read.
        return Result(LibC.preadv(Number, target.Pieces, target.Count, offset));
    }

    /// <summary>Writes the pieces, in order, at the file's position.</summary>
    /// <returns>Bytes written, or a negative errno.</returns>
    public long Write(GuestIoVector source)
    {
        DropSetId();

        // SAFETY: as in Read.
        return Result(LibC.writev(Number, source.Pieces, source.Count));
    }

    /// <summary>Writes the pieces, in order, at an offset; the file's position stays.</summary>
    /// <returns>Bytes written, or a negative errno.</returns>
    public long WriteAt(GuestIoVector source, long offset)
    {
        DropSetId();

        // SAFETY: as in Read. The kernel takes the offset in two halves, the upper one unused on x86-64.
        return LibC.Call(LibC.SYS_pwritev, Number, (nint)source.Pieces, source.Count, (nint)offset);
    }

    /// <summary>Moves the file's position.</summary>
    /// <param name="offset">Bytes from where <paramref name="whence"/> says.</param>
    /// <param name="whence">SEEK_SET 0, SEEK_CUR 1, SEEK_END 2, SEEK_DATA 3 or SEEK_HOLE 4; others give -EINVAL.</param>
    /// <returns>The new position in bytes, or a negative errno.</returns>
    public long Seek(long offset, int whence) => Result((nint)LibC.lseek(Number, offset, whence));

    /// <summary>Reads entries of a directory at its position (getdents64(2)).</summary>
    /// <returns>Bytes put into the buffer, 0 at the end, or a negative errno.</returns>
    public long ReadDirectory(Span<byte> entries)
    {
        // SAFETY: pinned for the call, and the length is the span's own.
        fixed (byte* buffer = entries)
        {
            return LibC.Call(LibC.SYS_getdents64, Number, (nint)buffer, entries.Length);
        }
    }

    /// <summary>Cuts or extends the file.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long Truncate(long length)
    {
        DropSetId();
        return LibC.Call(LibC.SYS_ftruncate, Number, (nint)length);
    }

    /// <summary>Takes or gives back room on the disk for a part of the file (fallocate(2)).</summary>
    /// <param name="mode">FALLOC_FL_… bits.</param>
    /// <param name="offset">The part's first byte.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>0, or a negative errno: EOPNOTSUPP where the file system cannot.</returns>
    public long Allocate(int mode, long offset, long length)
    {
        DropSetId();
        return LibC.Call(LibC.SYS_fallocate, Number, mode, (nint)offset, (nint)length);
    }

    /// <summary>Writes the file to its disk.</summary>
    /// <param name="dataOnly">Whether times and the like may stay behind (fdatasync(2)).</param>
    /// <returns>0, or a negative errno.</returns>
    public long Sync(bool dataOnly) => LibC.Call(dataOnly ? LibC.SYS_fdatasync : LibC.SYS_fsync, Number);

    /// <summary>Sets O_APPEND; the file stays non-blocking.</summary>
    /// <returns>0, or a negative errno.</returns>
    public long SetAppend(bool append) =>
        LibC.Call(LibC.SYS_fcntl, Number, LibC.F_SETFL, LibC.O_NONBLOCK | (append ? LibC.O_APPEND : 0));

    /// <summary>Bytes that can be read without waiting (FIONREAD), or a negative errno.</summary>
    public long GetAvailable() => GetAvailable(Number);

    /// <summary>The same of any descriptor.</summary>
    internal static long GetAvailable(int descriptor)
    {
        int count = 0;

        // SAFETY: the kernel writes four bytes to this stack.
        var result = LibC.Call(LibC.SYS_ioctl, descriptor, (nint)LibC.FIONREAD, (nint)(&count));
        return result < 0 ? result : count;
    }

    private static long Result(nint value) => value >= 0 ? value : LibC.LastError.ToResult();
}
