using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>VMs whose actors are stopped from outside while a vCPU is in the guest: nothing of them stays.</summary>
[Collection(SerialCollection.Name)]
public sealed class VmActorKillTests : VmTestKit
{
    private readonly ProcessResources _before = ProcessResources.Count();

    [VmTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void Stop_WhileVcpusSpin_EndsThemAndLeavesNoDescriptor(int vcpus)
    {
        var vm = StartVm(Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = vcpus }));
        AwaitAssert(() => Assert.True(Console.Writes.Count == vcpus), Patience);

        Sys.Stop(vm);

        ExpectTerminated(vm, Patience);
        AssertNothingIsLeft();
    }

    [VmFact]
    public void Stop_WhileTheVmIsBeingCreated_LeavesNoDescriptor()
    {
        for (var index = 0; index < 10; index++)
        {
            var vm = StartVm(Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 2 }), $"vm-{index}");
            TestTime.Spin(index * 200_000L);
            Sys.Stop(vm);
            ExpectTerminated(vm, Patience);
        }

        AssertNothingIsLeft();
    }

    [VmFact]
    public void Kill_WhileAVcpuSpins_LeavesNoDescriptor()
    {
        var vm = StartVm(Vms.Real16(Guests.Spin()));
        AwaitOutput("up");

        vm.Tell(Kill.Instance, TestActor);

        ExpectTerminated(vm, Patience);
        AssertNothingIsLeft();
    }

    [VmFact]
    public async Task Terminate_WhileScenariosRun_EndsEverything()
    {
        using var system = ActorSystem.Create("doomed", KvmActorSystem.Hocon);
        var scenario = system.ActorOf(KvmActorSystem.ScenarioProps(Services), "scenario");
        var spec = Vms.Real16(Guests.Spin()) with { Instances = 4 };
        scenario.Tell(new RunScenario(new ScenarioSpec("doomed", 4, [spec])), TestActor);
        AwaitAssert(() => Assert.True(Console.Writes.Count == 4), Patience);

        await system.Terminate().WaitAsync(Patience);

        AssertNothingIsLeft();
    }

    [VmFact]
    public void RunScenario_FiftyInstances_LeavesNothing()
    {
        var scenario = CreateScenario();
        using var folder = new TempFolder();
        var spec = Vms.Real16(Guests.Print("x")) with
        {
            Instances = 50,
            Files = [new FileMapping("/data", folder.Root, MappingAccess.Read)],
        };
        RunScenario(scenario, 8, spec with { Instances = 8 });
        var before = ProcessResources.Count();

        var result = RunScenario(scenario, 8, spec);

        Assert.Equal((50, true), (result.Vms.Count, result.IsSuccess));
        AssertNothingIsLeft();
        Assert.Equal(0, OpenDescriptors.Below(folder.Root));
        Assert.InRange(ProcessResources.Count().Descriptors - before.Descriptors, -25, 25);
    }

    private void AssertNothingIsLeft()
    {
        var after = ProcessResources.Count();
        Assert.Equal((_before.KvmDescriptors, _before.KvmMappings), (after.KvmDescriptors, after.KvmMappings));
    }
}
