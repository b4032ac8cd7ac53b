namespace KvmActors.Linux.Files;

/// <summary>How much a guest may use of its files.</summary>
public sealed record FileLimits
{
    private const long AllocatedForWritten = 4, MinBytesAllocated = 1 << 20;

    /// <summary>Files open at once, standard streams not counted.</summary>
    public int OpenFiles { get; init; } = 64;

    /// <summary>
    /// What RLIMIT_NOFILE is at first, in descriptors with the standard streams; the guest may raise it to what <see cref="OpenFiles"/>
    /// allows. Null for that.
    /// </summary>
    public int? FirstDescriptorLimit { get; init; }

    /// <summary>Bytes a guest may write in all, to its streams and files together; null for any number.</summary>
    public long? BytesWritten { get; init; } = 1L << 30;

    /// <summary>
    /// Bytes of disk it may take in all, in blocks of 4 KiB; null for four times <see cref="BytesWritten"/>, at least 1 MiB, and for any
    /// number where that is not limited.
    /// </summary>
    public long? BytesAllocated { get; init; }

    /// <summary>Files, directories and links it may make in all; null for any number.</summary>
    public long? InodesCreated { get; init; } = 16_384;

    /// <summary>Bytes from its beginning at which a file may end that it writes or extends; null for anywhere.</summary>
    public long? FileSize { get; init; }

    /// <summary>Bytes of the host's memory that its pipes may hold at once.</summary>
    public long PipeBytes { get; init; } = 16 << 20;

    /// <summary>What <see cref="BytesAllocated"/> comes to; null for any number.</summary>
    public long? MaxBytesAllocated =>
        BytesAllocated ?? (BytesWritten is null ? null : BytesWritten > long.MaxValue / AllocatedForWritten ? long.MaxValue : Math.Max(MinBytesAllocated, BytesWritten.Value * AllocatedForWritten));
}
