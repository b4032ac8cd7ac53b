namespace KvmActors.Linux.Memory;

/// <summary>A user page that a call needs and the guest's page tables do not have.</summary>
/// <param name="Address">An address in it.</param>
/// <param name="IsWrite">Whether it is to be written.</param>
public readonly record struct GuestFault(ulong Address, bool IsWrite)
{
    /// <summary>HYPERCALL_FAULT of <c>guest/include/hypercall.h</c>: RDX names a page.</summary>
    public const ulong Flag = 1UL << 63;

    /// <summary>As RDX says it.</summary>
    public ulong ToRegister() => Flag | (Address & ~1UL) | (IsWrite ? 1UL : 0);
}
