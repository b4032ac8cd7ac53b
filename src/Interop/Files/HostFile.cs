using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Files;

/// <summary>
/// An open host file. Its operations answer as system calls do, with a count or a negative errno, because what they answer
/// goes to a guest. One thread at a time.
/// </summary>
public sealed unsafe partial class HostFile : IDisposable
{
    private readonly FileDescriptor _fd;

    internal HostFile(FileDescriptor fd) => _fd = fd;

    /// <summary>Reads at the file's position into the pieces, in order.</summary>
    /// <returns>Bytes read, 0 at the end of the file, or a negative errno.</returns>
    public long Read(GuestIoVector target)
    {
        // SAFETY: the pieces were checked against live guest memory when added.
        return Result(LibC.readv(_fd.Number, target.Pieces, target.Count));
    }

    /// <summary>Reads at an offset into the pieces, in order; the file's position stays.</summary>
    /// <returns>Bytes read, 0 at the end of the file, or a negative errno.</returns>
    public long ReadAt(GuestIoVector target, long offset)
    {
        // SAFETY: as in Read.
        return Result(LibC.preadv(_fd.Number, target.Pieces, target.Count, offset));
    }

    /// <summary>Writes the pieces, in order, at the file's position.</summary>
    /// <returns>Bytes written, or a negative errno.</returns>
    public long Write(GuestIoVector source)
    {
        // SAFETY: as in Read.
        return Result(LibC.writev(_fd.Number, source.Pieces, source.Count));
    }

    /// <summary>Writes the pieces, in order, at an offset; the file's position stays.</summary>
    /// <returns>Bytes written, or a negative errno.</returns>
    public long WriteAt(GuestIoVector source, long offset)
    {
        // SAFETY: as in Read. The kernel takes the offset in two halves, the upper one unused on x86-64.
        return LibC.Call(LibC.SYS_pwritev, _fd.Number, (nint)source.Pieces, source.Count, (nint)offset);
    }

    /// <summary>Moves the file's position.</summary>
    /// <param name="offset">Bytes from where <paramref name="whence"/> says.</param>
    /// <param name="whence">SEEK_SET 0, SEEK_CUR 1, SEEK_END 2, SEEK_DATA 3 or SEEK_HOLE 4; others give -EINVAL.</param>
    /// <returns>The new position in bytes, or a negative errno.</returns>
    public long Seek(long offset, int whence) => Result((nint)LibC.lseek(_fd.Number, offset, whence));

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static long Result(nint value) => value >= 0 ? value : LibC.LastError.ToResult();
}
