using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

/// <summary>Whoever asked gets an answer, whatever happens; and each VM says why it started cold.</summary>
public sealed class ScenarioFailureTests : VmTestKit
{
    // No timer takes such a back-off, so the actor's own handler throws.
    private static readonly RestartPolicy Impossible = new() { Mode = RestartMode.OnFailure, MaxRestarts = 1, Backoff = TimeSpan.FromDays(-1) };

    [VmFact]
    public async Task RunScenario_ExceptionInTheActor_StillEndsTheAskWithItsProblem()
    {
        var spec = new ScenarioSpec("test", 1, [Vms.Real16(Guests.Crash(), "bad") with { Restart = Impossible }, Vms.Real16(Guests.Halt(), "never")]);

        var ended = await CreateScenario().Ask<ScenarioEnded>(new RunScenario(spec), Patience);

        Assert.StartsWith("the scenario could not go on: ", ended.Result.Problem, StringComparison.Ordinal);
        Assert.False(ended.Result.IsSuccess);
        Assert.Equal([("bad-0", VmOutcome.Crashed)], ended.Result.Vms.Select(vm => (vm.Id, vm.Outcome)));
    }

    [VmFact]
    public void RunScenario_ExceptionWhileOtherVmsRun_EndsThemAndTellsWhatIsKnown()
    {
        var scenario = CreateScenario();
        using var otherRuns = new ManualResetEventSlim();
        Console.OnWrite = text =>
        {
            if (text.StartsWith("up", StringComparison.Ordinal))
            {
                otherRuns.Set();
            }
            else
            {
                Assert.True(otherRuns.Wait(Patience));
            }
        };
        var result = RunScenario(
            scenario, 2, Vms.Real16(Guests.Spin(), "other"), Vms.Real16(Guests.Print("bad"), "bad") with { Expected = new ExpectedEnd(VmOutcome.Crashed, null), Restart = Impossible });

        Assert.NotNull(result.Problem);
        Assert.Equal([("other-0", VmOutcome.Cancelled), ("bad-0", VmOutcome.Halted)], result.Vms.Select(vm => (vm.Id, vm.Outcome)));

        // And it takes the next one.
        Assert.True(RunScenario(scenario, 1, Vms.Real16(Guests.Halt())).IsSuccess);
    }

    [VmFact]
    public void RunScenario_DescriptionThatCannotBeRun_IsAnsweredAndTheNextOneRuns()
    {
        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("broken", 1, [null!])), TestActor);

        Assert.StartsWith("the scenario could not go on: ", ExpectMsg<ScenarioEnded>(Patience).Result.Problem, StringComparison.Ordinal);

        Assert.True(RunScenario(scenario, 1, Vms.Real16(Guests.Halt())).IsSuccess);
    }

    [VmFact]
    public void RunScenario_WhileOneRuns_IsAnsweredAndTheFirstGoesOn()
    {
        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("first", 1, [Vms.Real16(Guests.Spin())])), TestActor);
        AwaitOutput("up");
        var other = CreateTestProbe();

        scenario.Tell(new RunScenario(new ScenarioSpec("second", 1, [Vms.Real16(Guests.Halt())])), other.Ref);

        var refused = other.ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal(("the scenario first is still running", false), (refused.Problem, refused.IsSuccess));
        scenario.Tell(CancelScenario.Instance, TestActor);
        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal(("first", null, VmOutcome.Cancelled), (result.Scenario, result.Problem, Assert.Single(result.Vms).Outcome));
    }

    [VmFact]
    public void RunScenario_ActorStoppedMeanwhile_StillAnswers()
    {
        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin())])), TestActor);
        AwaitOutput("up");

        Sys.Stop(scenario);

        Assert.Equal("the scenario's actor was stopped", ExpectMsg<ScenarioEnded>(Patience).Result.Problem);
    }

    [VmFact]
    public void RunScenario_VmsThatStartCold_EachSaysWhy()
    {
        var result = RunScenario(
            CreateScenario(), 1,
            Vms.Real16(Guests.Halt(), "wanted"),
            Vms.Real16(Guests.Halt(), "serial").On(machine => machine with { Devices = [new SerialDeviceSpec(0x2F8)] }) with { Start = VmStart.Warm },
            Vms.Long64(new Code64().Out((ushort)HypercallPort.Close, 99).Hlt(), "warm") with { Start = VmStart.Warm, Instances = 3 });

        Assert.Equal(
            [
                ("wanted-0", VmStart.Cold, "Start is Cold, as it is by default for a single instance"),
                ("serial-0", VmStart.Cold, "the serial port at 0x2f8 keeps state"),
                ("warm-0", VmStart.Cold, "no instance had booted when it started"),
                ("warm-1", VmStart.Warm, null),
                ("warm-2", VmStart.Warm, null),
            ],
            result.Vms.Select(vm => (vm.Id, vm.Start, vm.ColdReason)));
    }
}
