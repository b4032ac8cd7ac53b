namespace KvmActors.Interop.Kvm;

/// <summary>
/// The model-specific registers that guests may write: what a reset gives back, and nothing else. Both the filter in KVM
/// (<see cref="MsrFilter"/>) and the reset (<see cref="MsrList"/>) go by these tables. Numbers are those of the Intel SDM vol. 4
/// and of the AMD APM vol. 2, appendix A.
/// </summary>
internal static class GuestMsrs
{
    /// <summary>Given back by KVM_SET_MSRS, as far as KVM has them.</summary>
    public static readonly MsrRange[] Kept =
    [
        new(0x10, 0x10), // IA32_TIME_STAMP_COUNTER
        new(0x3B, 0x3B), // IA32_TSC_ADJUST
        new(0x48, 0x48), // IA32_SPEC_CTRL
        new(0x174, 0x176), // IA32_SYSENTER_CS, _ESP, _EIP
        new(0x277, 0x277), // IA32_PAT
        new(0xC000_0081, 0xC000_0084), // IA32_STAR, _LSTAR, _CSTAR, _FMASK
        new(0xC000_0102, 0xC000_0103), // IA32_KERNEL_GS_BASE, IA32_TSC_AUX
    ];

    /// <summary>Given back with the special registers: IA32_APIC_BASE, IA32_EFER, IA32_FS_BASE and IA32_GS_BASE.</summary>
    public static readonly MsrRange[] InSpecialRegisters =
    [
        new(0x1B, 0x1B),
        new(0xC000_0080, 0xC000_0080),
        new(0xC000_0100, 0xC000_0101),
    ];

    /// <summary>Where registers of processors are. Those of hypervisors are elsewhere, and guests have no business there.</summary>
    public static readonly MsrRange[] OfProcessors = [new(0, 0x1FFF), new(0xC000_0000, 0xC000_1FFF), new(0xC001_0000, 0xC001_1FFF)];

    /// <summary>Hyper-V's and KVM's own.</summary>
    public static readonly MsrRange[] OfHypervisors = [new(0x4000_0000, 0x4000_01FF), new(0x4B56_4D00, 0x4B56_4DFF)];

    /// <summary>
    /// Not to be read, though of processors: what tells how busy the host's processor is (IA32_MPERF, IA32_APERF, AMD's read-only
    /// copies of them and its count of instructions).
    /// </summary>
    public static readonly MsrRange[] Unreadable = [new(0xE7, 0xE8), new(0xC000_00E7, 0xC000_00E9)];
}

/// <summary>Model-specific registers with successive numbers, both ends included.</summary>
internal readonly record struct MsrRange(uint First, uint Last)
{
    /// <summary>How many there are.</summary>
    public int Count => (int)(Last - First) + 1;

    /// <summary>Their numbers.</summary>
    public IEnumerable<uint> Indices
    {
        get
        {
            for (var offset = 0; offset < Count; offset++)
            {
                yield return First + (uint)offset;
            }
        }
    }

    /// <summary>Whether one is among them.</summary>
    public bool Contains(uint index) => First <= index && index <= Last;
}
