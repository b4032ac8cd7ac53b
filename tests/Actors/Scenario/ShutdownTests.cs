using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

/// <summary>VMs that do not end when they are told to: a vCPU whose output nobody takes, an actor that hangs.</summary>
public sealed class ShutdownTests : VmTestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    private readonly ManualResetEventSlim _isStuck = new(), _release = new();

    [VmFact]
    public void CancelScenario_VmThatDoesNotEnd_IsReportedWhenTheGraceIsOver()
    {
        var scenario = StartStuck(Short);

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal((true, 1, "Cancelled: did not end within 0.2 s of being told to"), (result.WasCancelled, result.LeftBehind, OnlyVm(result)));
        AssertGoesOnWhenReleased(scenario);
    }

    [VmFact]
    public void CancelScenario_Twice_IsAnsweredAtOnce()
    {
        var scenario = StartStuck(TimeSpan.FromHours(1));

        scenario.Tell(CancelScenario.Instance, TestActor);
        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal((true, 1, "Cancelled: was not waited for: the scenario was cancelled twice"), (result.WasCancelled, result.LeftBehind, OnlyVm(result)));
        scenario.Tell(CancelScenario.Instance, TestActor);
        AssertGoesOnWhenReleased(scenario);
    }

    [VmFact]
    public void RunScenario_VmThatDoesNotStopAtItsDeadline_LosesItsSlotAndTheNextOneRuns()
    {
        var scenario = CreateScenario();
        BlockOutput("up");
        var stuck = Vms.Real16(Guests.Spin(), "stuck") with { Timeout = Short };

        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [stuck, Vms.Real16(Guests.Print("x"), "next")]) { ShutdownGrace = Short }), TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal([("stuck-0", VmOutcome.TimedOut), ("next-0", VmOutcome.Halted)], result.Vms.Select(vm => (vm.Id, vm.Outcome)));
        Assert.Equal("still running after 0.2 s; 1 of its vCPUs did not stop within 0.2 s", result.Vms[0].Message);
        Assert.Equal((null, 1), (result.Problem, result.LeftBehind));
        AssertGoesOnWhenReleased(scenario);
    }

    // What opens the guest's files hangs, as on a file system whose server is gone.
    [VmFact]
    public void CancelScenario_ActorThatHangs_IsReportedWhenTheGraceIsOver()
    {
        using var hangs = new ManualResetEventSlim();
        var scenario = CreateScenario(Services with
        {
            Faults = new ActorFaults((actor, message) =>
            {
                if ((actor, message) == ("HypercallActor", "OpenGuest") && !_release.IsSet)
                {
                    hangs.Set();
                    _release.Wait(Patience);
                }
            }),
        });

        // Within this the VM's actor, which is still making vCPUs, has to hear of it, on a slow machine too.
        var grace = TimeSpan.FromSeconds(2);
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Halt())]) { ShutdownGrace = grace }), TestActor);
        Assert.True(hangs.Wait(Patience));

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal((1, "Cancelled: cancelled"), (result.LeftBehind, OnlyVm(result)));
        AssertGoesOnWhenReleased(scenario);
    }

    protected override void Dispose(bool disposing)
    {
        _release.Set();
        base.Dispose(disposing);
        _release.Dispose();
        _isStuck.Dispose();
    }

    private static string OnlyVm(ScenarioResult result)
    {
        var vm = Assert.Single(result.Vms);
        return $"{vm.Outcome}: {vm.Message}";
    }

    private IActorRef StartStuck(TimeSpan grace)
    {
        var scenario = CreateScenario();
        BlockOutput("up");
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin())]) { ShutdownGrace = grace }), TestActor);
        Assert.True(_isStuck.Wait(Patience));
        return scenario;
    }

    private void BlockOutput(string line) => Console.OnWrite = text =>
    {
        if (text.StartsWith(line, StringComparison.Ordinal))
        {
            _isStuck.Set();
            _release.Wait(Patience);
        }
    };

    // Until the VM is gone the actor says so; then it runs the next scenario.
    private void AssertGoesOnWhenReleased(IActorRef scenario)
    {
        Assert.Equal("VMs of the scenario before have not ended yet", RunScenario(scenario, 1, Vms.Real16(Guests.Halt())).Problem);
        _release.Set();
        AwaitAssert(() => Assert.True(RunScenario(scenario, 1, Vms.Real16(Guests.Halt())).IsSuccess), Patience);
    }
}
