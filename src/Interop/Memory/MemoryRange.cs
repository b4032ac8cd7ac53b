namespace KvmActors.Interop.Memory;

/// <summary>A range of guest-physical addresses to be backed by memory.</summary>
/// <param name="Start">First address; a multiple of 4096.</param>
/// <param name="Length">Bytes; a multiple of 4096, not 0.</param>
/// <param name="IsReadOnly">Whether the guest may not write: its stores become MMIO exits, and host files are not read into it.</param>
public readonly record struct MemoryRange(GuestPhysAddr Start, ulong Length, bool IsReadOnly = false)
{
    /// <summary>The granularity of memory slots on x86-64, in bytes.</summary>
    public const ulong PageSize = 4096;

    /// <summary>The first address after the range.</summary>
    public GuestPhysAddr End => Start + Length;
}
