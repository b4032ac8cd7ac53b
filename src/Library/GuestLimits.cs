namespace KvmActors;

/// <summary>How much one guest may use of the host. What is null is not limited.</summary>
public sealed record GuestLimits
{
    /// <summary>Processor time of all its vCPUs together, at least 1 ms; looked at about so often as it could be used up.</summary>
    public TimeSpan? CpuBudget { get; init; }

    /// <summary>Files that it may have open at once, its standard streams not counted, from 1, which its own program takes while it is loaded, to 65,536.</summary>
    public int OpenFiles { get; init; } = 64;

    /// <summary>Bytes that it may write in all, to its streams and files together. Beyond that its writes fail (ENOSPC).</summary>
    public long? BytesWritten { get; init; } = 1L << 30;

    /// <summary>Bytes that it may write to its standard output and error in all.</summary>
    public long? OutputBytes { get; init; }

    /// <summary>How long a file may become that it writes, in bytes (EFBIG beyond it).</summary>
    public long? FileSize { get; init; }

    /// <summary>Files, folders and links that it may make in all.</summary>
    public long? FilesCreated { get; init; } = 16_384;

    /// <summary>Memory that it may touch, in MiB, at least 1; for all it has otherwise.</summary>
    public long? MemoryTouchedMiB { get; init; }

    /// <summary>System calls and hypercalls in a second, at least 1: who makes more is slowed down.</summary>
    public long? CallsPerSecond { get; init; }

    /// <summary>Exits of all its vCPUs in all, at least 1.</summary>
    public long? Exits { get; init; }

    /// <summary>Instructions of all its vCPUs in all, at least 1, exactly; in software alone.</summary>
    public long? Instructions { get; init; }
}
