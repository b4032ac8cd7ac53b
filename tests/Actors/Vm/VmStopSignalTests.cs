using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;
using KvmActors.Tests;
using KvmActors.Tests.Support;

namespace KvmActors.Actors.Tests.Vm;

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
        using var vm = new BootedVm(Specs.Real16(Guests.Spin()) with { Vcpus = 2 });
        Assert.All(vm.Vcpus, stop.Attach);

        stop.Request();

        Assert.All(vm.Vcpus, vcpu => Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason));
    }

    [KvmFact]
    public void Request_VcpuThatIsGone_DoesNoHarm()
    {
        using var stop = new VmStopSignal();
        using (var vm = new BootedVm(Specs.Real16(Guests.Halt())))
        {
            stop.Attach(vm.Vcpus[0]);
        }

        stop.Request();
    }
}
