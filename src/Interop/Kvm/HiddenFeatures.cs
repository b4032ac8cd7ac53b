using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// What KVM could give to guests and this program does not: more for a hostile guest to attack, and state that no reset gives back
/// (<see cref="GuestMsrs"/>). Bits are those of the Intel SDM vol. 2A, CPUID, and of the AMD APM vol. 3, appendix E.
/// </summary>
internal static class HiddenFeatures
{
    // Leaf 01H.
    private const uint Vmx = 1 << 5, MachineCheckException = 1 << 7, Mtrr = 1 << 12, MachineCheckArchitecture = 1 << 14;

    // Leaf 07H, subleaf 0.
    private const uint ShadowStack = 1 << 7, IndirectBranchTracking = 1 << 20;

    // Leaf 80000001H.
    private const uint Svm = 1 << 2, OsVisibleWorkaround = 1 << 9, PerformanceCounterExtensions = 1 << 23;

    // KVM's own leaf (Documentation/virt/kvm/x86/cpuid.rst): a guest need not wait after port I/O. The other features give KVM
    // addresses to write to, some of them long after the guest that named them has gone.
    private const uint NoIoDelay = 1 << 1;

    /// <summary>Takes it out of a leaf.</summary>
    public static void RemoveFrom(ref kvm_cpuid_entry2 entry)
    {
        switch (entry.function)
        {
            case 0x1:
                entry.ecx &= ~Vmx;
                entry.edx &= ~(MachineCheckException | Mtrr | MachineCheckArchitecture);
                break;
            case 0x7 when entry.index == 0:
                entry.ecx &= ~ShadowStack;
                entry.edx &= ~IndirectBranchTracking;
                break;
            case 0x8000_0001:
                entry.ecx &= ~(Svm | OsVisibleWorkaround | PerformanceCounterExtensions);
                entry.edx &= ~(MachineCheckException | Mtrr | MachineCheckArchitecture);
                break;
            case 0x4000_0001:
                entry.eax &= NoIoDelay;
                break;
            case 0xA or 0x8000_0022:
                (entry.eax, entry.ebx, entry.ecx, entry.edx) = (0, 0, 0, 0);
                break;
        }
    }
}
