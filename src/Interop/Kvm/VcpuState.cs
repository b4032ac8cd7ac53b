using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// Everything a guest can change of one vCPU: general and special registers, pending events, model-specific registers, the
/// x87, SSE and AVX registers, XCR0 and the debug registers. Immutable; from <see cref="KvmVcpu.SaveState"/>, and good for
/// every vCPU of the same index that this process makes.
/// </summary>
public sealed class VcpuState
{
    internal VcpuState(in kvm_regs registers, in kvm_sregs specialRegisters)
    {
        Registers = registers;
        SpecialRegisters = specialRegisters;
    }

    /// <summary>The general registers.</summary>
    public kvm_regs Registers { get; }

    /// <summary>The special registers.</summary>
    public kvm_sregs SpecialRegisters { get; }

    internal kvm_vcpu_events Events { get; init; }

    internal kvm_debugregs DebugRegisters { get; init; }

    /// <summary>XCR0; null where KVM has none.</summary>
    internal kvm_xcrs? ExtendedControl { get; init; }

    /// <summary>The x87, SSE, AVX and further registers, as KVM_SET_XSAVE takes them.</summary>
    internal byte[] ExtendedState { get; init; } = [];

    /// <summary>The model-specific registers, as KVM_SET_MSRS takes them.</summary>
    internal byte[] ModelSpecific { get; init; } = [];
}
