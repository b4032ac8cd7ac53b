using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>KVM: all that it tells of a vCPU, and all that it lets be set.</summary>
internal sealed class KvmResetBackend(KvmDevice device) : IResetBackend
{
    private readonly OpenHypervisor _hypervisor = new(device);
    private MsrList? _registers;

    public IHypervisor Hypervisor => _hypervisor;

    // The seam has no words for what is asked here; there is only this one at a time.
    private KvmVcpu Vcpu => _hypervisor.Last!;

    public object Look(IVcpu vcpu)
    {
        _registers ??= MsrList.FindReadable(device.Descriptor, Vcpu.Descriptor);
        return WholeState.Of(_registers, Vcpu);
    }

    public IReadOnlyList<string> Compare(object state, object expected) => ((WholeState)state).DifferencesTo((WholeState)expected);

    public void Change(IVcpu vcpu, FuzzInput input) => RandomState.Change(Vcpu, input);

    public void Boot(IVcpu vcpu, ulong lstar)
    {
        var request = new byte[24];
        BitConverter.TryWriteBytes(request, 1);
        BitConverter.TryWriteBytes(request.AsSpan(8), 0xC000_0082);
        BitConverter.TryWriteBytes(request.AsSpan(16), lstar);
        MsrList.Set(Vcpu.Descriptor, request, "vCPU 0");
    }
}
