using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Kvm;

public class KvmHypervisorTests
{
    [KvmFact]
    public void CreateVm_Twice_MachinesHaveNothingInCommon()
    {
        var plan = BootPlans.For(Machines.Real16(new Code16().IncDword(0x800).Hlt()));
        using var one = VirtualMachine.Create(new KvmHypervisor(TestMachine.Device), plan);
        using var other = VirtualMachine.Create(new KvmHypervisor(TestMachine.Device), plan);
        using var vcpu = one.CreateVcpu(0);

        _ = vcpu.Run();

        Assert.True(one.Memory.TryRead(new(0x800), out int ran));
        Assert.True(other.Memory.TryRead(new(0x800), out int waited));
        Assert.Equal((1, 0), (ran, waited));
    }
}
