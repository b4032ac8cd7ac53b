using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A VM made from its description without any actor, its vCPUs ready to be run by the test's thread.</summary>
internal sealed class BootedVm : IDisposable
{
    public BootedVm(MachineSpec spec)
    {
        var plan = BootPlans.For(spec);
        Assert.Null(plan.FindProblem());
        Vm = TestMachine.Hypervisor.CreateVm();
        Memory = GuestMemory.Allocate([.. plan.Ranges]);
        Vm.MapMemory(Memory);
        States = plan.Apply(Memory);
        Vcpus = [.. States.Select((state, index) =>
        {
            var vcpu = Vm.CreateVcpu(index);
            state.ApplyTo(vcpu);
            return vcpu;
        })];
    }

    public IVirtualMachine Vm { get; }

    public GuestMemory Memory { get; }

    public IReadOnlyList<VcpuBootState> States { get; }

    public IReadOnlyList<IVcpu> Vcpus { get; }

    /// <summary>Runs a vCPU to its HLT.</summary>
    public void RunToHlt(int vcpu = 0) => Assert.Equal(VcpuExitReason.Hlt, Vcpus[vcpu].Run().Reason);

    /// <summary>What stands at an address.</summary>
    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Assert.True(Memory.TryRead(new GuestPhysAddr(address), out T value), $"0x{address:x} is outside memory");
        return value;
    }

    public void Dispose()
    {
        foreach (var vcpu in Vcpus)
        {
            vcpu.Dispose();
        }

        Vm.Dispose();
        Memory.Dispose();
    }
}
