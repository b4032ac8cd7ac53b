using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Capabilities;

/// <summary>How much KVM gives.</summary>
/// <param name="MaxVcpus">The most vCPUs of one VM.</param>
/// <param name="RecommendedVcpus">The most that KVM recommends, usually the machine's processors.</param>
/// <param name="MemorySlots">The most memory ranges of one VM.</param>
/// <param name="PhysicalAddressBits">Bits of a guest-physical address.</param>
public sealed record KvmLimits(int MaxVcpus, int RecommendedVcpus, int MemorySlots, int PhysicalAddressBits)
{
    // CPUID leaf 80000008H, EAX[7:0] (Intel SDM vol. 2A); without the leaf it is 36.
    private const uint AddressSizeLeaf = 0x8000_0008, AddressSizeMask = 0xFF;
    private const int OldestAddressBits = 36;

    /// <summary>Asks the device.</summary>
    /// <exception cref="SystemCallException">It does not answer.</exception>
    public static KvmLimits Of(KvmDevice device)
    {
        var bits = OldestAddressBits;
        foreach (ref readonly var entry in device.SupportedCpuid.Entries)
        {
            if (entry.function == AddressSizeLeaf)
            {
                bits = (int)(entry.eax & AddressSizeMask);
            }
        }

        return new KvmLimits(
            device.MaxVcpus,
            device.CheckExtension(KvmCapability.RecommendedVcpus),
            device.CheckExtension(KvmCapability.MemorySlots),
            bits);
    }
}
