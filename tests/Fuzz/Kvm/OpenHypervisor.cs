using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>The product's own hypervisor, which also lets go of the vCPU it made last, to be asked what the seam has no words for.</summary>
internal sealed class OpenHypervisor(KvmDevice device) : IHypervisor
{
    /// <summary>The last vCPU made.</summary>
    public KvmVcpu? Last { get; private set; }

    public Backend Backend => Backend.Kvm;

    public IVirtualMachine CreateVm() => new Machine(this, device.CreateVm());

    private sealed class Machine(OpenHypervisor owner, KvmVm vm) : IVirtualMachine
    {
        private readonly KvmMachine _machine = new(vm);

        public void MapMemory(GuestMemory memory) => _machine.MapMemory(memory);

        public IVcpu CreateVcpu(int index)
        {
            owner.Last = vm.CreateVcpu(index);
            return new KvmProcessor(owner.Last);
        }

        public void AddDoorbell(ushort port, int size, EventFd signal) => _machine.AddDoorbell(port, size, signal);

        public bool TryCoalesce(ushort port) => _machine.TryCoalesce(port);

        public void ForgetPageTables() => _machine.ForgetPageTables();

        public void FlushOthers(int vcpu) => _machine.FlushOthers(vcpu);

        public void Dispose() => _machine.Dispose();
    }
}
