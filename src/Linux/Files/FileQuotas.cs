using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Files;

/// <summary>
/// What one guest has used of its <see cref="FileLimits"/>. What it takes of the disk is never given back, whatever it removes:
/// a guest that makes and removes without end would otherwise have the host work without end.
/// </summary>
/// <param name="limits">How much it may use.</param>
/// <param name="bytesWritten">What it may write, to its streams and files together.</param>
public sealed class FileQuotas(FileLimits limits, Quota bytesWritten)
{
    /// <summary>What its file system gives a file at once, in bytes, as is usual on Linux.</summary>
    public const int BlockBytes = 4096;

    private const long MaxMadeBytes = 32 << 20;

    /// <summary>How many files may be open at once.</summary>
    public int MaxOpenFiles => limits.OpenFiles;

    /// <summary>What RLIMIT_NOFILE is at first; null for all there can be.</summary>
    public int? FirstDescriptorLimit => limits.FirstDescriptorLimit;

    /// <summary>The files open at once.</summary>
    public Quota OpenFiles { get; } = new(nameof(FileLimits.OpenFiles), limits.OpenFiles);

    /// <summary>The bytes it wrote.</summary>
    public Quota BytesWritten { get; } = bytesWritten;

    /// <summary>The disk it took, in bytes of whole blocks.</summary>
    public Quota BytesAllocated { get; } = new(nameof(FileLimits.BytesAllocated), limits.MaxBytesAllocated);

    /// <summary>The files, directories and links it made.</summary>
    public Quota InodesCreated { get; } = new(nameof(FileLimits.InodesCreated), limits.InodesCreated);

    /// <summary>Where the longest file ended that it wrote or extended.</summary>
    public Quota FileSize { get; } = new(nameof(FileLimits.FileSize), limits.FileSize);

    /// <summary>The host's memory in its pipes.</summary>
    public Quota PipeBytes { get; } = new(nameof(FileLimits.PipeBytes), limits.PipeBytes);

    /// <summary>
    /// The host's memory in what was made for its open files: texts below <c>/proc</c>, names of directories with a layer. Far more than programs
    /// have at once, so that it is no limit to choose: ENOMEM.
    /// </summary>
    internal Quota MadeBytes { get; } = new(nameof(MadeBytes), MaxMadeBytes);

    /// <summary>Whether nothing has been written or made.</summary>
    public bool IsUntouched => BytesWritten.IsUntouched && InodesCreated.IsUntouched && BytesAllocated.IsUntouched;

    /// <summary>What was used of each.</summary>
    public IEnumerable<LimitUse> Uses =>
        [OpenFiles.PeakUse, BytesWritten.Use, BytesAllocated.Use, InodesCreated.Use, FileSize.PeakUse, PipeBytes.PeakUse];

    /// <summary>Takes what a new name costs: an inode, and the blocks for it and for what it holds from the beginning.</summary>
    /// <param name="contentBytes">Bytes that it holds, as a symbolic link does.</param>
    /// <returns>False when there is not so much left: ENOSPC.</returns>
    public bool TryTakeName(int contentBytes = 0)
    {
        if (!InodesCreated.TryTake(1))
        {
            return false;
        }

        if (BytesAllocated.TryTake(NameBytes(contentBytes)))
        {
            return true;
        }

        InodesCreated.Return(1);
        return false;
    }

    /// <summary>Gives back what a name would have cost, where it was not made.</summary>
    /// <param name="result">What became of making it: a value from 0, or a negative errno.</param>
    /// <param name="contentBytes">Bytes that it would hold.</param>
    /// <returns>The result.</returns>
    public long Settle(long result, int contentBytes = 0)
    {
        if (result < 0)
        {
            InodesCreated.Return(1);
            BytesAllocated.Return(NameBytes(contentBytes));
        }

        return result;
    }

    /// <summary>Whether a file may be so long; counted when it may not be: EFBIG.</summary>
    public bool AllowsSize(long bytes)
    {
        if (bytes <= (limits.FileSize ?? long.MaxValue))
        {
            FileSize.Reach(bytes);
            return true;
        }

        FileSize.Refuse();
        return false;
    }

    /// <summary>How many bytes from an offset on a file may have; 0 when none, which is counted: EFBIG.</summary>
    public long RoomAt(long offset)
    {
        var room = (limits.FileSize ?? long.MaxValue) - offset;
        if (room > 0)
        {
            return room;
        }

        FileSize.Refuse();
        return 0;
    }

    private static long NameBytes(int contentBytes) => BlockBytes + ((contentBytes + BlockBytes - 1) / BlockBytes * BlockBytes);
}
