using Akka.Actor;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Vcpu;

public sealed class VcpuActorTests : VmTestKit
{
    // After a time-out the VM is closed; after another vCPU's exit it may be used again.
    [VmTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void RunVcpu_Stopped_IsResetOnlyIfTheVmMayBeUsedAgain(bool closesVm)
    {
        using var templates = new VmTemplates(Vms.Real16(new Code16().Spin()).Plan);
        var template = templates.Current!;
        using var stop = new VmStopSignal();
        var slot = new VmSlot(template.CreateVm(Services.Hypervisor), stop);
        var environment = new VcpuEnvironment(slot.Vm, slot.Gate, stop, Services, templates);
        var vcpu = Sys.ActorOf(Props.Create(() => new VcpuActor(0, environment)).WithDispatcher(VcpuActor.Dispatcher));
        vcpu.Tell(new CreateVcpu(template), TestActor);
        ExpectMsg<VcpuReady>(Patience);
        stop.Request(closesVm);

        vcpu.Tell(new RunVcpu(default, new GuestConsole("vm", Console, 100), 0), TestActor);

        var ended = ExpectMsg<VcpuEnded>(Patience);
        Assert.Equal((VcpuEndKind.Stopped, closesVm ? null : template), (ended.End.Kind, ended.ResetTo));
        Watch(vcpu);
        Sys.Stop(vcpu);
        ExpectTerminated(vcpu, Patience);
        slot.Dispose();
    }
}
