using KvmActors.Linux.Files;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Specs;

/// <summary>What one guest of a description has of its own. What is null, it has as the description says.</summary>
public sealed record GuestStart
{
    /// <summary>Its arguments and environment.</summary>
    public ProgramWords? Words { get; init; }

    /// <summary>Its standard input, whole.</summary>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <summary>Its standard input where that comes little by little; counts before <see cref="Input"/>.</summary>
    public StreamBuffer? InputStream { get; init; }

    /// <summary>Files that it sees, besides the description's, and that are none of the host's.</summary>
    public IReadOnlyList<ProvidedFile> Files { get; init; } = [];

    /// <summary>Where its output goes.</summary>
    public IGuestOutput? Output { get; init; }

    /// <summary>How long it may run, from its first entry.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Limits on what it may use.</summary>
    public VmLimits? Limits { get; init; }

    /// <summary>The functions that it and its host have for one another.</summary>
    public FunctionExchange? Functions { get; init; }

    /// <summary>Whether it is to be reset between calls, though it does not begin where others first waited for them.</summary>
    public bool IsReset { get; init; }

    /// <summary>Whether it ends when its kernel has booted: it is run for others to start from there.</summary>
    public bool EndsWhenReady { get; init; }

    /// <summary>Called when it is about to enter the guest; on its actor's thread.</summary>
    public Action? Began { get; init; }

    /// <summary>Whether it has nothing of its own that its program could have seen before it first waits for calls.</summary>
    public bool IsPlain => Words is null && Input is null && InputStream is null && Files.Count == 0;
}
