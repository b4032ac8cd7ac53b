using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.CoreDumps;

/// <summary>One vCPU in a core file: a thread of the debugger's.</summary>
/// <param name="Index">The vCPU's number.</param>
/// <param name="Registers">General registers.</param>
/// <param name="Special">Segment and control registers.</param>
/// <param name="FloatingPoint">x87 and SSE registers, as FXSAVE has them: 512 bytes.</param>
public sealed record CoreThread(int Index, kvm_regs Registers, kvm_sregs Special, IReadOnlyList<byte> FloatingPoint)
{
    /// <summary>Reads them off a vCPU, on its thread.</summary>
    /// <exception cref="SystemCallException">KVM does not give them.</exception>
    public static CoreThread Of(IVcpu vcpu) => new(vcpu.Index, vcpu.GetRegisters(), vcpu.GetSpecialRegisters(), vcpu.GetFloatingPoint());
}
