using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Kvm;

/// <summary>A virtual machine of KVM.</summary>
internal sealed class KvmMachine(KvmVm vm) : IVirtualMachine
{
    private readonly Lock _gate = new();
    private KvmProcessor[] _vcpus = [];

    public void MapMemory(GuestMemory memory) => vm.MapMemory(memory);

    public IVcpu CreateVcpu(int index)
    {
        var vcpu = new KvmProcessor(vm.CreateVcpu(index));
        lock (_gate)
        {
            // One that is gone was made by the same number.
            _vcpus = [.. _vcpus.Where(other => other.Index != index), vcpu];
        }

        return vcpu;
    }

    public void Begin(RunSettings settings)
    {
        foreach (var vcpu in Volatile.Read(ref _vcpus))
        {
            vcpu.Entry.Renew();
        }
    }

    public void FlushOthers(int vcpu)
    {
        var others = Volatile.Read(ref _vcpus);
        foreach (var other in others)
        {
            if (other.Index != vcpu)
            {
                other.Entry.RequestFlush();
            }
        }

        foreach (var other in others)
        {
            if (other.Index != vcpu)
            {
                other.Entry.AwaitFlush();
            }
        }
    }

    public void AddDoorbell(ushort port, int size, EventFd signal) => vm.AddDoorbell(port, size, signal);

    public bool TryCoalesce(ushort port) => vm.TryCoalesce(port);

    public void ForgetPageTables() => vm.ForgetPageTables();

    public void Dispose() => vm.Dispose();
}
