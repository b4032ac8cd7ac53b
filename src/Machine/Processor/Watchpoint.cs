namespace KvmActors.Machine.Processor;

/// <summary>Which accesses to memory are looked for.</summary>
[Flags]
public enum WatchKind
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Loads.</summary>
    Read = 1,

    /// <summary>Stores.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    Access = Read | Write,
}

/// <summary>Bytes whose accesses stop a vCPU.</summary>
/// <param name="Address">The linear address of the first.</param>
/// <param name="Length">How many; at least 1.</param>
/// <param name="Kind">Which accesses.</param>
public readonly record struct Watchpoint(ulong Address, ulong Length, WatchKind Kind)
{
    /// <summary>Whether an access touches one of the bytes.</summary>
    public bool Covers(ulong address, ulong length) =>
        unchecked(address - Address) < Length || unchecked(Address - address) < length;
}

/// <summary>An access that stopped a vCPU.</summary>
/// <param name="Address">The linear address of the first byte of it that was watched.</param>
/// <param name="Kind">Of the watchpoint that was met.</param>
public readonly record struct WatchHit(ulong Address, WatchKind Kind);
