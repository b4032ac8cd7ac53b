namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// One file operation of a guest, decoded: plain values, so that it may run on the vCPU's thread or travel to the
/// <see cref="HypercallActor"/>. What its addresses point to is still the guest's.
/// </summary>
/// <param name="Id">Which operation.</param>
/// <param name="Space">What kind of address <paramref name="Address"/> is.</param>
/// <param name="Fd">The guest's file descriptor.</param>
/// <param name="Address">The buffer or the path.</param>
/// <param name="Count">Bytes to transfer.</param>
/// <param name="Offset">Position in the file, in bytes.</param>
/// <param name="Whence">SEEK_SET, SEEK_CUR or SEEK_END.</param>
/// <param name="Flags">Linux's open flags.</param>
public readonly record struct FileRequest(
    HypercallId Id, AddressSpace Space, int Fd, ulong Address = 0, ulong Count = 0, long Offset = 0, int Whence = 0, int Flags = 0);

/// <summary>Says how to read a guest's addresses.</summary>
/// <param name="Cr3">The top page table's address for user-virtual addresses; null when addresses are guest-physical.</param>
public readonly record struct AddressSpace(ulong? Cr3)
{
    /// <summary>Guest-physical addresses.</summary>
    public static AddressSpace Physical => new(null);

    /// <summary>User-virtual addresses of the process whose page tables these are.</summary>
    public static AddressSpace User(ulong cr3) => new(cr3);
}
