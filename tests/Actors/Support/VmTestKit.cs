using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Actors.Tests.Support;

/// <summary>Runs VMs and scenarios as actors, the way the host does.</summary>
public abstract class VmTestKit : TestKit
{
    protected VmTestKit()
        : base(KvmActorSystem.Hocon)
    {
    }

    /// <summary>Long enough for anything that ends, however loaded the machine.</summary>
    protected static TimeSpan Patience => Vms.Patience;

    /// <summary>What the guests write.</summary>
    internal RecordingOutput Console { get; } = new();

    internal VmServices Services => new(TestMachine.Hypervisor, Console, new ExitSamplingOptions());

    /// <summary>Makes a VM's actor, watched by the test.</summary>
    internal IActorRef CreateVm(VmSpec spec, string id = "vm-0")
    {
        var services = Services;
        return Watch(Sys.ActorOf(Props.Create(() => new VmActor(spec, services, null)).WithDispatcher(VmActor.Dispatcher), id));
    }

    /// <summary>Makes a VM's actor and starts it.</summary>
    internal IActorRef StartVm(VmSpec spec, string id = "vm-0")
    {
        var vm = CreateVm(spec, id);
        vm.Tell(new StartVm(id), TestActor);
        return vm;
    }

    /// <summary>Waits for a VM's end and for its actor's.</summary>
    internal VmEnded ExpectEnd(IActorRef vm)
    {
        var ended = ExpectMsg<VmEnded>(Patience);
        ExpectTerminated(vm, Patience);
        return ended;
    }

    /// <summary>Runs a VM to its end.</summary>
    internal VmResult Run(VmSpec spec) => ExpectEnd(StartVm(spec)).Result;

    /// <summary>Makes the actor at the top of the tree.</summary>
    internal IActorRef CreateScenario(VmServices? services = null) => Sys.ActorOf(KvmActorSystem.ScenarioProps(services ?? Services), "scenario");

    /// <summary>Runs a scenario to its end.</summary>
    internal ScenarioResult RunScenario(IActorRef scenario, int maxConcurrency, params VmSpec[] vms)
    {
        scenario.Tell(new RunScenario(new ScenarioSpec("test", maxConcurrency, vms)), TestActor);
        return ExpectMsg<ScenarioEnded>(Patience).Result;
    }

    /// <summary>Waits until the guests have written something.</summary>
    protected void AwaitOutput(string text) =>
        AwaitAssert(() => Assert.True(Console.Text().Contains(text, StringComparison.Ordinal)), Patience);
}
