using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>Copies a file's content into a layer, holes left out, and counts it as if the guest had written it.</summary>
/// <param name="quotas">What the guest may use; null for no limit.</param>
/// <param name="isStopped">Asked between two pieces: whether the guest is to end.</param>
internal sealed class OverlayCopy(FileQuotas? quotas, Func<bool>? isStopped)
{
    private const int SeekSet = 0, SeekData = 3, SeekHole = 4;

    private readonly PinnedBuffer _buffer = new();
    private readonly GuestIoVector _pieces = new();

    /// <summary>Copies.</summary>
    /// <param name="from">The host's file.</param>
    /// <param name="to">An empty one.</param>
    /// <param name="size">How long it is, in bytes.</param>
    /// <returns>EINTR when the guest is to end.</returns>
    public Errno Run(HostFile from, HostFile to, long size)
    {
        long position = 0;
        while (position < size)
        {
            var start = from.Seek(position, SeekData);
            if (start == Errno.ENXIO.ToResult())
            {
                break;
            }

            // A file system that does not tell holes has none.
            start = start < 0 ? position : start;
            var end = from.Seek(start, SeekHole);
            end = end <= start ? size : Math.Min(end, size);
            from.Seek(0, SeekSet);
            var errno = Copy(from, to, start, end);
            if (errno != Errno.None)
            {
                return errno;
            }

            position = end;
        }

        return (Errno)(-to.Truncate(size));
    }

    private Errno Copy(HostFile from, HostFile to, long start, long end)
    {
        for (long read; start < end; start += read)
        {
            _pieces.Set(_buffer, (int)Math.Min(end - start, PinnedBuffer.Bytes));
            read = from.ReadAt(_pieces, start);
            if (read <= 0)
            {
                // Shorter than it was.
                return (Errno)(-read);
            }

            if (quotas is not null && !(quotas.BytesWritten.TryTake(read) && quotas.BytesAllocated.TryTake(Blocks(read))))
            {
                return Errno.ENOSPC;
            }

            _pieces.Set(_buffer, (int)read);
            read = to.WriteAt(_pieces, start);
            if (read <= 0)
            {
                return read == 0 ? Errno.EIO : (Errno)(-read);
            }

            if (isStopped?.Invoke() == true)
            {
                return Errno.EINTR;
            }
        }

        return Errno.None;
    }

    private static long Blocks(long bytes) => (bytes + FileQuotas.BlockBytes - 1) / FileQuotas.BlockBytes * FileQuotas.BlockBytes;
}
