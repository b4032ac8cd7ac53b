namespace KvmActors.Machine.Limits;

/// <summary>What a VM may use of the host while it runs, besides its memory and its files.</summary>
public sealed record RunLimits
{
    /// <summary>Exits of all its vCPUs; null for any number.</summary>
    public long? Exits { get; init; }

    /// <summary>
    /// Instructions of all its vCPUs, exactly; null for any number. Only where they are counted: in software, with vCPUs that take turns.
    /// </summary>
    public long? MaxInstructions { get; init; }

    /// <summary>Hypercalls in a second, system calls among them; null for any number.</summary>
    public long? HypercallsPerSecond { get; init; }

    /// <summary>Processor time of all its vCPUs together; null for any.</summary>
    public TimeSpan? CpuBudget { get; init; }

    /// <summary>Memory that it touched, in MiB; null for all it has.</summary>
    public long? MemoryTouchedMiB { get; init; }
}

/// <summary>What one run of a VM has used of <see cref="RunLimits"/>; shared by its vCPUs.</summary>
/// <param name="limits">How much it may.</param>
public sealed class RunBudget(RunLimits limits)
{
    /// <summary>How much it may use.</summary>
    public RunLimits Limits { get; } = limits;

    /// <summary>Exits that are left; null when nobody counts.</summary>
    public Quota? Exits { get; } = limits.Exits is { } exits ? new Quota(nameof(RunLimits.Exits), exits) : null;

    /// <summary>Calls in a second; null when nobody counts.</summary>
    public RateLimit? Hypercalls { get; } = limits.HypercallsPerSecond is { } calls ? new RateLimit(calls) : null;

    /// <summary>The processor time of its vCPUs.</summary>
    public CpuMeter Cpu { get; } = new();
}
