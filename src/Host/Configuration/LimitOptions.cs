using KvmActors.Host.Configuration.Reading;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Configuration;

/// <summary>Limits as people write them; what is missing and has no default is not limited.</summary>
internal sealed class LimitOptions
{
    /// <summary>Files open at once.</summary>
    [Between(0, Bounds.MaxOpenFiles)]
    public int OpenFiles { get; set; } = 64;

    /// <summary>Bytes written in all.</summary>
    [Between(0, long.MaxValue)]
    public long BytesWritten { get; set; } = 1L << 30;

    /// <summary>Bytes of disk in all, in whole blocks; four times <see cref="BytesWritten"/> when missing, at least 1 MiB.</summary>
    [Between(0, long.MaxValue)]
    public long? BytesAllocated { get; set; }

    /// <summary>Files, directories and links made in all.</summary>
    [Between(0, long.MaxValue)]
    public long InodesCreated { get; set; } = 16_384;

    /// <summary>How long a file may become, in bytes.</summary>
    [Between(0, long.MaxValue)]
    public long? FileSize { get; set; }

    /// <summary>Bytes of the host's memory in pipes at once.</summary>
    [Between(0, long.MaxValue)]
    public long PipeBytes { get; set; } = 16 << 20;

    /// <summary>Bytes written to the streams in all.</summary>
    [Between(0, long.MaxValue)]
    public long? ConsoleBytes { get; set; }

    /// <summary>Bytes written to the streams in a second.</summary>
    [Between(1, LimitValidator.MaxPerSecond)]
    public long? ConsoleBytesPerSecond { get; set; }

    /// <summary>Hypercalls in a second.</summary>
    [Between(1, LimitValidator.MaxPerSecond)]
    public long? HypercallsPerSecond { get; set; }

    /// <summary>Exits in all.</summary>
    [Between(1, long.MaxValue)]
    public long? Exits { get; set; }

    /// <summary>Instructions of all vCPUs together; in software alone.</summary>
    [Between(1, long.MaxValue)]
    public long? MaxInstructions { get; set; }

    /// <summary>Processor time of all vCPUs together.</summary>
    public TimeSpan? CpuBudget { get; set; }

    /// <summary>Memory touched, in MiB.</summary>
    [Between(1, LimitValidator.MaxTouchedMiB)]
    public long? MemoryTouchedMiB { get; set; }
}
