namespace KvmActors.Linux.Memory;

/// <summary>Says how to read a guest's addresses.</summary>
/// <param name="Cr3">The top page table's address for user-virtual addresses; null when addresses are guest-physical.</param>
public readonly record struct AddressSpace(ulong? Cr3)
{
    /// <summary>Guest-physical addresses.</summary>
    public static AddressSpace Physical => new(null);

    /// <summary>User-virtual addresses of the process whose page tables these are.</summary>
    public static AddressSpace User(ulong cr3) => new(cr3);
}
