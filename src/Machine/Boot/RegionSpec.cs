using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Boot;

/// <summary>What a region of a scenario's own memory layout holds at entry.</summary>
public enum RegionContent
{
    /// <summary>Zeros.</summary>
    Nothing,

    /// <summary>The image; a flat one at the region's start.</summary>
    Image,

    /// <summary>The stacks: each vCPU's share, the first one's at the end.</summary>
    Stack,

    /// <summary>A global descriptor table of four entries: null, code 0x08, data 0x10, and one for the guest.</summary>
    Gdt,

    /// <summary>Page tables that map addresses from 0 to themselves.</summary>
    PageTables,
}

/// <summary>A region of guest memory, a slot of its own.</summary>
/// <param name="Range">Where it is.</param>
/// <param name="Content">What it holds at entry.</param>
public sealed record RegionSpec(MemoryRange Range, RegionContent Content)
{
    /// <summary>For page tables, how much they map, in bytes.</summary>
    public ulong MapBytes { get; init; }

    /// <summary>For page tables, the size of their pages in bytes: 4 KiB or 2 MiB.</summary>
    public ulong PageSize { get; init; } = MemoryLayout.LargePageSize;
}
