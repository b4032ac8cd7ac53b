using KvmActors.Interop.Files;

namespace KvmActors.Linux.Files;

/// <summary>
/// What writes to one open file may take of the disk, in blocks. Counted are the blocks that a write touches, but for those that
/// the file is known to have: what was dense when it was first written, and what was counted here last. So writing on from where
/// the last write ended costs each block once, and going back and forth in a file with holes costs more than it takes: the count
/// is never too low.
/// </summary>
/// <param name="file">The file.</param>
internal sealed class AllocatedBlocks(HostFile file)
{
    private const long Block = FileQuotas.BlockBytes;

    // The unit of st_blocks (stat(2)).
    private const long StatusBlock = 512;

    private bool _isKnown;
    private bool _isRegular;
    private long _dense;
    private (long Start, long End) _last;

    /// <summary>Whether the file takes blocks at all: a pipe or a device does not.</summary>
    public bool IsRegular
    {
        get
        {
            if (!_isKnown)
            {
                Look();
            }

            return _isRegular;
        }
    }

    /// <summary>How many bytes of new blocks a write to a regular file may take.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its bytes, at least 1.</param>
    public long CostOf(long offset, long length)
    {
        var (first, end) = BlocksOf(offset, length);
        first = Math.Max(first, _dense);
        var known = Math.Max(0, Math.Min(end, _last.End) - Math.Max(first, _last.Start));
        return Math.Max(0, end - first - known) * Block;
    }

    /// <summary>Takes note of a write to a regular file.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its bytes, at least 1.</param>
    public void Note(long offset, long length)
    {
        var (first, end) = BlocksOf(offset, length);
        if (first <= _dense)
        {
            _dense = Math.Max(_dense, end);
        }
        else if (first <= _last.End && end >= _last.Start)
        {
            _last = (Math.Min(first, _last.Start), Math.Max(end, _last.End));
        }
        else
        {
            _last = (first, end);
        }
    }

    /// <summary>Takes note that the file may have holes from an offset on.</summary>
    /// <param name="offset">The first byte of what was given back.</param>
    public void Forget(long offset)
    {
        if (IsRegular)
        {
            _dense = Math.Min(_dense, offset / Block);
            _last = default;
        }
    }

    private static (long First, long End) BlocksOf(long offset, long length)
    {
        var last = length > long.MaxValue - Block - offset ? long.MaxValue - Block : offset + length;
        return (offset / Block, (last + Block - 1) / Block);
    }

    private void Look()
    {
        _isKnown = true;
        if (file.GetStatus(out var status) == 0)
        {
            _isRegular = (status.st_mode & ModeBits.Type) == ModeBits.Regular;
            _dense = status.st_blocks * StatusBlock >= status.st_size ? (status.st_size + Block - 1) / Block : 0;
        }
    }
}
