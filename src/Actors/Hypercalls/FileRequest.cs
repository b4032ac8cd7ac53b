namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// One call of a guest that is served as Linux would: plain values, so that it may run on the vCPU's thread or travel to the
/// <see cref="HypercallActor"/>. What its addresses point to is still the guest's.
/// </summary>
/// <param name="Id">Which call.</param>
/// <param name="Space">What kind of addresses its arguments hold.</param>
/// <param name="First">The first argument, as it is in its register.</param>
/// <param name="Second">The second.</param>
/// <param name="Third">The third.</param>
/// <param name="Fourth">The fourth.</param>
/// <param name="Fifth">The fifth.</param>
/// <param name="Sixth">The sixth.</param>
public readonly record struct FileRequest(
    HypercallId Id, AddressSpace Space, ulong First = 0, ulong Second = 0, ulong Third = 0, ulong Fourth = 0, ulong Fifth = 0, ulong Sixth = 0)
{
    /// <summary>The first argument as a descriptor: an int, as on Linux, whatever the register's upper half says.</summary>
    public int Fd => (int)First;
}

/// <summary>What became of a call.</summary>
/// <param name="Result">What it returns: a value from 0, or a negative errno.</param>
/// <param name="SleepNanoseconds">How long the guest asked to wait before it gets the result; negative for ever.</param>
/// <param name="Fault">Where a page has to be mapped before the call can be made; then nothing has been done.</param>
public readonly record struct FileOutcome(long Result, long SleepNanoseconds = 0, GuestFault? Fault = null);

/// <summary>A user page that a call needs and the guest's page tables do not have.</summary>
/// <param name="Address">An address in it.</param>
/// <param name="IsWrite">Whether it is to be written.</param>
public readonly record struct GuestFault(ulong Address, bool IsWrite)
{
    /// <summary>As HYPERCALL_FAULT of <c>guest/include/hypercall.h</c> says it in RDX.</summary>
    public ulong ToRegister() => HypercallPorts.Fault | (Address & ~1UL) | (IsWrite ? 1UL : 0);
}

/// <summary>Says how to read a guest's addresses.</summary>
/// <param name="Cr3">The top page table's address for user-virtual addresses; null when addresses are guest-physical.</param>
public readonly record struct AddressSpace(ulong? Cr3)
{
    /// <summary>Guest-physical addresses.</summary>
    public static AddressSpace Physical => new(null);

    /// <summary>User-virtual addresses of the process whose page tables these are.</summary>
    public static AddressSpace User(ulong cr3) => new(cr3);
}
