using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Processor;

/// <summary>Where a vCPU begins that another one starts: with general registers that are 0, but these.</summary>
/// <param name="Rip">Its first instruction.</param>
/// <param name="Rsp">Its stack.</param>
/// <param name="Rdi">What it is told.</param>
/// <param name="Special">The segments, tables and control registers of the one that starts it.</param>
public sealed record VcpuStart(ulong Rip, ulong Rsp, ulong Rdi, kvm_sregs Special)
{
    // The bit that is always set, and nothing else.
    private const ulong InitialFlags = 2;

    /// <summary>What <see cref="IVcpu.TimeStampOffset"/> is to be; null to leave it.</summary>
    public long? TimeStampOffset { get; init; }

    /// <summary>Puts a vCPU there, whose last instruction is complete.</summary>
    public void ApplyTo(IVcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        vcpu.SetSpecialRegisters(Special with { apic_base = vcpu.GetSpecialRegisters().apic_base });
        vcpu.SetRegisters(new kvm_regs { rip = Rip, rsp = Rsp, rdi = Rdi, rflags = InitialFlags });
        if (TimeStampOffset is { } offset)
        {
            vcpu.SetTimeStampOffset(offset);
        }
    }
}
