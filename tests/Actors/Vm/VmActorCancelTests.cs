using Akka.Actor;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Linux.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Vm;

public sealed class VmActorCancelTests : VmTestKit
{
    [VmFact]
    public void CancelVm_WhileTheGuestSpins_IsCancelled()
    {
        var vm = StartVm(Vms.Real16(Guests.Spin()));
        AwaitOutput("up");

        vm.Tell(CancelVm.Instance, TestActor);

        var result = ExpectEnd(vm).Result;
        Assert.Equal((VmOutcome.Cancelled, "cancelled", 1), (result.Outcome, result.Message, result.Vcpus.Count));
        Assert.False(result.IsSuccess);
    }

    [VmTheory]
    [InlineData(2)]
    [InlineData(8)]
    public void CancelVm_SeveralSpinningVcpus_StopsThemAll(int vcpus)
    {
        var vm = StartVm(Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = vcpus }));
        AwaitAssert(() => Assert.True(Console.Writes.Count == vcpus), Patience);

        vm.Tell(CancelVm.Instance, TestActor);

        var result = ExpectEnd(vm).Result;
        Assert.Equal((VmOutcome.Cancelled, vcpus), (result.Outcome, result.Vcpus.Count));
    }

    [VmFact]
    public void CancelVm_RightBehindStartVm_IsCancelledOnce()
    {
        var vm = StartVm(Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 4 }));
        vm.Tell(CancelVm.Instance, TestActor);
        vm.Tell(CancelVm.Instance, TestActor);

        Assert.Equal(VmOutcome.Cancelled, ExpectEnd(vm).Result.Outcome);
    }

    [VmFact]
    public void CancelVm_BeforeStartVm_IsAnsweredOnceItIsStarted()
    {
        var vm = CreateVm(Vms.Real16(Guests.Halt()));

        vm.Tell(CancelVm.Instance, TestActor);
        vm.Tell(new StartVm("vm-0"), TestActor);

        Assert.Equal(VmOutcome.Cancelled, ExpectEnd(vm).Result.Outcome);
        Assert.Empty(Console.Writes);
    }

    [VmFact]
    public void CancelVm_AtAnyMoment_EndsEveryVm()
    {
        const int Rounds = 20;
        var spec = Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 2 });
        for (var index = 0; index < Rounds; index++)
        {
            var vm = StartVm(spec, $"vm-{index}");
            TestTime.Spin(index * 200_000L);
            vm.Tell(CancelVm.Instance, TestActor);
            Assert.Equal(VmOutcome.Cancelled, ExpectEnd(vm).Result.Outcome);
        }
    }

    // What the guest has done by itself counts, whatever comes too late.
    [VmFact]
    public void CancelVm_AfterTheGuestHasEnded_ChangesNothing()
    {
        var vm = StartVm(Vms.Real16(Guests.Print("done")));
        AwaitOutput("done");
        var ended = ExpectMsg<VmEnded>(Patience);

        vm.Tell(CancelVm.Instance, TestActor);

        Assert.Equal(VmOutcome.Halted, ended.Result.Outcome);
        ExpectTerminated(vm, Patience);
    }
}
