namespace KvmActors;

/// <summary>What one guest has of its own. What is null, it has as its <see cref="GuestProgram"/> says.</summary>
public sealed record GuestStartOptions
{
    /// <summary>Its arguments, without the program's name.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Its environment.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Its standard input, read to the end while it runs and not closed; null for an empty one.</summary>
    public Stream? Input { get; init; }

    /// <summary>Its standard input where all of it is known; counts before <see cref="Input"/>. In software a run is then the same every time.</summary>
    public ReadOnlyMemory<byte>? InputBytes { get; init; }

    /// <summary>Whether its standard input is <see cref="Guest.Input"/>, which is written while it runs.</summary>
    public bool OpensInput { get; init; }

    /// <summary>Files that it may read, by their absolute paths as the guest sees them; besides the program's mappings.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Streams that it may read once, by their absolute paths as the guest sees them; read while it runs, not closed.</summary>
    public IReadOnlyDictionary<string, Stream> ReadStreams { get; init; } = new Dictionary<string, Stream>();

    /// <summary>Streams that it may write, by their absolute paths as the guest sees them; written while it runs, not closed.</summary>
    public IReadOnlyDictionary<string, Stream> WrittenStreams { get; init; } = new Dictionary<string, Stream>();

    /// <summary>How long it may run, from its first instruction; more than 0, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How much processor time it may take, at least 1 ms; counts before what <see cref="Limits"/> say.</summary>
    public TimeSpan? CpuBudget { get; init; }

    /// <summary>How much it may use.</summary>
    public GuestLimits? Limits { get; init; }

    /// <summary>The functions that it may call.</summary>
    public IHostFunctions? HostFunctions { get; init; }

    /// <summary>
    /// How many bytes of its standard output, and of its standard error, wait for a reader, from 4 KiB; then the guest waits until somebody reads.
    /// </summary>
    public int OutputBufferBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Whether it can be reset to where it first waited for calls though it has arguments or input of its own; that takes some milliseconds,
    /// once. Guests without any can be, in any case.
    /// </summary>
    public bool KeepsFirstCall { get; init; }
}
