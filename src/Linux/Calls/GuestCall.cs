using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Calls;

/// <summary>
/// One call of a guest that is served as Linux would: plain values, taken out of its registers or memory once. What its addresses
/// point to is still the guest's.
/// </summary>
/// <param name="Number">Which call.</param>
/// <param name="Space">What kind of addresses its arguments hold.</param>
/// <param name="First">The first argument, as it is in its register.</param>
/// <param name="Second">The second.</param>
/// <param name="Third">The third.</param>
/// <param name="Fourth">The fourth.</param>
/// <param name="Fifth">The fifth.</param>
/// <param name="Sixth">The sixth.</param>
public readonly record struct GuestCall(
    CallNumber Number, AddressSpace Space, ulong First = 0, ulong Second = 0, ulong Third = 0, ulong Fourth = 0, ulong Fifth = 0, ulong Sixth = 0)
{
    /// <summary>The first argument as a descriptor: an int, as on Linux, whatever the register's upper half says.</summary>
    public int Fd => (int)First;

    /// <summary>How long the guest has waited for what it calls for, in nanoseconds, when the call is made again; 0 the first time.</summary>
    public long Waited { get; init; }

    /// <summary>The number of the vCPU that makes it, which is what waits and can be woken.</summary>
    public int Vcpu { get; init; }

    /// <summary>
    /// Whether it is made again because a signal ended its wait: it then gives up what it waited for and answers at once, with what it has
    /// done, or with <see cref="Interop.Libc.Errno.ERESTARTSYS"/> or <see cref="Interop.Libc.Errno.ERESTARTNOHAND"/>, which its kernel resolves.
    /// </summary>
    public bool IsInterrupted { get; init; }
}
