using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Kvm;

/// <summary>A virtual machine of KVM.</summary>
internal sealed class KvmMachine(KvmVm vm) : IVirtualMachine
{
    public void MapMemory(GuestMemory memory) => vm.MapMemory(memory);

    public IVcpu CreateVcpu(int index) => new KvmProcessor(vm.CreateVcpu(index));

    public void AddDoorbell(ushort port, int size, EventFd signal) => vm.AddDoorbell(port, size, signal);

    public bool TryCoalesce(ushort port) => vm.TryCoalesce(port);

    public void ForgetPageTables() => vm.ForgetPageTables();

    public void Dispose() => vm.Dispose();
}
