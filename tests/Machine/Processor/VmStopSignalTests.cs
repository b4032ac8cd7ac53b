using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Processor;

public class VmStopSignalTests
{
    [Fact]
    public void Request_CancelsTheTokenAndStaysRequested()
    {
        using var stop = new VmStopSignal();
        Assert.Equal((false, false), (stop.IsRequested, stop.Token.IsCancellationRequested));

        stop.Request();
        stop.Request();

        Assert.Equal((true, true), (stop.IsRequested, stop.Token.IsCancellationRequested));
    }

    [KvmFact]
    public void Request_AttachedVcpus_AreKicked()
    {
        using var stop = new VmStopSignal();
        using var vm = new BootedVm(Machines.Real16(new Code16().Spin()) with { Vcpus = 2 });
        Assert.All(vm.Vcpus, stop.Attach);

        stop.Request();

        Assert.All(vm.Vcpus, vcpu => Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason));
    }

    [KvmFact]
    public void Request_VcpuThatIsGone_DoesNoHarm()
    {
        using var stop = new VmStopSignal();
        using (var vm = new BootedVm(Machines.Real16(new Code16().Hlt())))
        {
            stop.Attach(vm.Vcpus[0]);
        }

        stop.Request();
    }
}
