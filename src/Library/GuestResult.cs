using KvmActors.Actors.Vm;
using KvmActors.Library.Planning;

namespace KvmActors;

/// <summary>What became of a guest.</summary>
public sealed record GuestResult
{
    /// <summary>What it was called.</summary>
    public required string Id { get; init; }

    /// <summary>How it ended.</summary>
    public required GuestOutcome Outcome { get; init; }

    /// <summary>Its exit status; null when it did not end by one.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that killed its program, by Linux's number; null when none did.</summary>
    public int? Signal { get; init; }

    /// <summary>What went wrong, in one line; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>Whether it ended as a guest that works does: by HLT, or with status 0.</summary>
    public bool IsSuccess => Outcome == GuestOutcome.Halted || (Outcome == GuestOutcome.Exited && ExitCode is 0);

    /// <summary>What executed it.</summary>
    public GuestBackend Backend { get; init; }

    /// <summary>Whether it began behind somebody else's boot, or in a VM that another guest had used before and that was reset.</summary>
    public bool WasWarm { get; init; }

    /// <summary>Why it began with its image, in words; null when it did not.</summary>
    public string? ColdReason { get; init; }

    /// <summary>From asking for it to its first instruction.</summary>
    public TimeSpan StartDuration { get; init; }

    /// <summary>From its first instruction to its end.</summary>
    public TimeSpan RunDuration { get; init; }

    /// <summary>How often its vCPUs exited, by reason, as KVM names them without <c>KVM_EXIT_</c>.</summary>
    public IReadOnlyDictionary<string, long> Exits { get; init; } = new Dictionary<string, long>();

    /// <summary>How much it used of what can be limited, by the limits' names in <see cref="GuestLimits"/>; null where nobody counted.</summary>
    public IReadOnlyList<GuestLimitUse> Limits { get; init; } = [];

    /// <summary>System calls that it made and nobody serves, with how often.</summary>
    public IReadOnlyDictionary<string, long> MissingSystemCalls { get; init; } = new Dictionary<string, long>();

    /// <summary>What it looked like when it crashed, or was killed; null when it was not.</summary>
    public GuestCrash? Crash { get; init; }

    /// <summary>How many instructions it executed; null on KVM.</summary>
    public long? Instructions { get; init; }

    /// <summary>A hash of all it did, the same whenever it runs with the same input and seed; null on KVM, and where that is not promised.</summary>
    public string? TraceHash { get; init; }

    internal static GuestResult From(VmEnded ended) => GuestResults.From(ended);
}

/// <summary>How much of something limited a guest used.</summary>
/// <param name="Name">Which limit.</param>
/// <param name="Used">How much; null where nobody counted.</param>
/// <param name="Limit">How much it might; null for any.</param>
/// <param name="Hits">How often it was refused more.</param>
public sealed record GuestLimitUse(string Name, long? Used, long? Limit, long Hits);

/// <summary>A vCPU that could not go on, or whose program was killed.</summary>
/// <param name="Message">Why, in one line.</param>
/// <param name="Registers">Its registers by name, in lower case.</param>
/// <param name="Backtrace">Return addresses, the innermost first; as far as they could be found.</param>
public sealed record GuestCrash(string Message, IReadOnlyDictionary<string, ulong> Registers, IReadOnlyList<ulong> Backtrace);
