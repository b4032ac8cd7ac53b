using KvmActors.Host.Running;
using KvmActors.Interop.Kvm;

namespace KvmActors.Host.Output;

/// <summary>The machine that a run was on; what is not known is empty or 0.</summary>
internal sealed record MachineDocument(
    string Processor, int Processors, long MemoryBytes, string Kernel, string HardwareVirtualization, KvmDocument Kvm)
{
    public static MachineDocument From(RunFacts facts) => new(
        facts.Machine.Processor,
        facts.Machine.Processors,
        facts.Machine.MemoryBytes,
        facts.Machine.Kernel,
        facts.Machine.HardwareVirtualization,
        new KvmDocument(facts.Device, facts.Machine.KvmModule, KvmDevice.ApiVersion));
}

/// <summary>The KVM that a run was on.</summary>
internal sealed record KvmDocument(string Device, string Module, int ApiVersion);
