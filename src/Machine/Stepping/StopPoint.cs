using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Stepping;

/// <summary>Where a vCPU, and its VM with it, is to be stopped; only where the processor is in software.</summary>
/// <param name="Rip">Before the instruction with this RIP, when it first comes; null for none.</param>
/// <param name="Instructions">After so many instructions of the vCPU; null for any number.</param>
public sealed record StopPoint(ulong? Rip, ulong? Instructions)
{
    /// <summary>Has a vCPU end its runs there.</summary>
    /// <exception cref="InvalidOperationException">The vCPU cannot.</exception>
    internal void ApplyTo(IVcpu vcpu)
    {
        if (vcpu is not (IVcpuWatch watch and IInstructionCounter counter))
        {
            throw new InvalidOperationException($"vCPU {vcpu.Index} cannot be stopped at an instruction: it is not in software.");
        }

        watch.StopsAtRip = Rip;
        counter.StopsAt = Math.Min(counter.StopsAt, Instructions ?? ulong.MaxValue);
    }

    /// <summary>How a vCPU that <see cref="ApplyTo"/> was called with ends, when it stands there; null when it does not.</summary>
    /// <param name="vcpu">The vCPU, between two runs.</param>
    internal VcpuEnd? EndOf(IVcpu vcpu)
    {
        var (count, rip) = (((IInstructionCounter)vcpu).Instructions, vcpu.GetExitRegisters().rip);
        return rip == Rip || count >= Instructions
            ? new VcpuEnd(VcpuEndKind.Reached, Message: $"stopped before RIP 0x{rip:x}, after {count} instructions")
            : null;
    }
}
