namespace KvmActors.Linux.Files;

/// <summary>What a guest may do with mapped files.</summary>
public enum MappingAccess
{
    /// <summary>Open and read; whatever would change something gets EROFS.</summary>
    Read,

    /// <summary>Everything the host's kernel allows this process, but set-id bits and device nodes.</summary>
    ReadWrite,
}

/// <summary>A host file or directory that a guest sees.</summary>
/// <param name="Guest">Where the guest sees it: an absolute, normalised path.</param>
/// <param name="Host">The host's file or directory.</param>
/// <param name="Access">What the guest may do with it.</param>
public sealed record FileMapping(string Guest, string Host, MappingAccess Access);

/// <summary>How much a guest may use of its files.</summary>
public sealed record FileLimits
{
    /// <summary>Files open at once, standard streams not counted.</summary>
    public int OpenFiles { get; init; } = 64;

    /// <summary>Bytes a guest may write in all, to its streams and files together.</summary>
    public long BytesWritten { get; init; } = 1L << 30;
}
