namespace KvmActors.Machine.Processor;

/// <summary>What one run of a machine is to be like, where the machine's time and chance are its own.</summary>
/// <param name="Vcpus">How many vCPUs run, at least 1: all of them.</param>
public sealed record RunSettings(int Vcpus)
{
    /// <summary>What random numbers come of.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Whether vCPUs take turns by instructions, so that every run is the same. Not where somebody holds one of them and lets another
    /// go on.
    /// </summary>
    public bool TakesTurns { get; init; } = true;

    /// <summary>How many instructions all vCPUs may execute, exactly; null for any number. Only where they take turns.</summary>
    public long? MaxInstructions { get; init; }
}

/// <summary>What a run was, instruction by instruction.</summary>
/// <param name="Instructions">How many all vCPUs executed. A repeated string instruction counts once for each time it had to begin.</param>
/// <param name="Hash">
/// Of every exit: which vCPU made it after how many instructions, its kind, place and data, and what it was answered; 32 hexadecimal
/// digits. Null where vCPUs took no turns.
/// </param>
public sealed record RunTrace(long Instructions, string? Hash)
{
    /// <summary>How often it came to instructions that the processor does not have, which raised #UD: by mnemonic.</summary>
    public IReadOnlyDictionary<string, long> UnknownInstructions { get; init; } = new Dictionary<string, long>();
}
