using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

public sealed class RestartTests : VmTestKit
{
    private static readonly RestartPolicy Always = OnFailure(maxRestarts: 2) with { Mode = RestartMode.Always };

    [VmFact]
    public void RunScenario_VmThatFailsOnce_IsStartedAgainAndEndsWell()
    {
        // Its folder comes into being while the other VM, the only one that may be alive then, prints.
        using var folder = new TempFolder();
        var missing = Path.Combine(folder.Root, "later");
        Console.OnWrite = _ => Directory.CreateDirectory(missing);

        // On the guest's thread, which may make no folder else.
        var result = RunScenario(
            CreateScenario(Services with { Sandbox = SandboxMode.Off }), 1,
            Vms.Real16(Guests.Halt(), "flaky") with
            {
                Files = [new FileMapping("/x", missing, MappingAccess.Read)],
                Restart = OnFailure(maxRestarts: 1),
            },
            Vms.Real16(Guests.Print("x"), "loud"));

        Assert.Equal(
            [("flaky-0", VmOutcome.Halted, 1, false), ("loud-0", VmOutcome.Halted, 0, false)],
            result.Vms.Select(vm => (vm.Id, vm.Outcome, vm.Restarts, vm.IsQuarantined)));
        Assert.True(result.IsSuccess);
    }

    [VmFact]
    public void RunScenario_VmThatAlwaysFails_IsStartedAgainSoOftenAndNoMore()
    {
        var result = RunScenario(
            CreateScenario(), 4, Vms.Real16(Guests.Exit(3), "bad") with { Instances = 3, Restart = OnFailure(maxRestarts: 2) });

        Assert.All(result.Vms, vm => Assert.Equal((VmOutcome.Exited, 3, 2, true), (vm.Outcome, vm.ExitCode, vm.Restarts, vm.IsQuarantined)));
        Assert.Equal(["bad-0", "bad-1", "bad-2"], result.Vms.Select(vm => vm.Id));
        Assert.False(result.IsSuccess);

        // What the failed runs did counts too: three runs of three VMs, one exit each.
        Assert.Equal([(VcpuExitReason.Io, 9L)], result.Statistics.Exits.Select(row => (row.Reason, row.Durations.Host.Count)));
        Assert.Equal(9, result.StatisticsByName["bad"].Sites.Sum(row => row.Durations.Host.Count));
    }

    [VmFact]
    public void RunScenario_VmThatEndsAsExpected_IsNotStartedAgain()
    {
        var result = RunScenario(CreateScenario(), 1, Vms.Real16(Guests.Crash()) with
        {
            Expected = new ExpectedEnd(VmOutcome.Crashed, null),
            Restart = OnFailure(maxRestarts: 5),
        });

        Assert.Equal((VmOutcome.Crashed, 0), (result.Vms[0].Outcome, result.Vms[0].Restarts));
    }

    [VmFact]
    public void CancelScenario_WhileAFailedVmRests_EndsWithItsFailure()
    {
        var scenario = CreateScenario();
        scenario.Tell(
            new RunScenario(new ScenarioSpec("test", 1,
            [
                Vms.Real16(Guests.Crash(), "bad") with { Restart = OnFailure(maxRestarts: 5) with { Backoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1) } },
                Vms.Real16(Guests.Spin(), "other"),
            ])),
            TestActor);
        AwaitOutput("up");

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.Equal(
            [("bad-0", VmOutcome.Crashed, 0), ("other-0", VmOutcome.Cancelled, 0)],
            result.Vms.Select(vm => (vm.Id, vm.Outcome, vm.Restarts)));
    }

    [VmFact]
    public void RunScenario_Always_GoesOnUntilItIsCancelled()
    {
        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Print("again"), "good") with { Restart = Always }])), TestActor);
        AwaitAssert(() => Assert.True(Console.Writes.Count >= 5), Patience);

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        var vm = Assert.Single(result.Vms);
        Assert.Contains(vm.Outcome, (VmOutcome[])[VmOutcome.Halted, VmOutcome.Cancelled]);
        Assert.True(vm.Restarts >= 4, $"{vm.Restarts} restarts");
        Assert.False(vm.IsQuarantined);
        Assert.True(result.WasCancelled);
    }

    [VmFact]
    public void RunScenario_AlwaysOfAVmThatFails_IsQuarantinedAndEnds()
    {
        var result = RunScenario(
            CreateScenario(), 2, Vms.Real16(Guests.Crash(), "bad") with { Restart = Always }, Vms.Real16(Guests.Halt(), "good"));

        Assert.Equal(
            [("bad-0", VmOutcome.Crashed, 2, true), ("good-0", VmOutcome.Halted, 0, false)],
            result.Vms.Select(vm => (vm.Id, vm.Outcome, vm.Restarts, vm.IsQuarantined)));
    }

    // Each is a VM's name that another one's restart could be taken for.
    [VmFact]
    public void RunScenario_NamesThatLookLikeRestarts_AllEnd()
    {
        var bad = Vms.Real16(Guests.Crash(), "a") with { Restart = OnFailure(maxRestarts: 2) };
        string[] names = ["a-0-restart", "a-0", "restart", "Booted", "GraceOver", "LookAgain", "slot-0"];

        var result = RunScenario(
            CreateScenario(), 3, [bad, .. names.Select(name => Vms.Real16(Guests.Crash(), name) with { Restart = OnFailure(maxRestarts: 1) })]);

        Assert.Equal(["a-0", .. names.Select(name => name + "-0")], result.Vms.Select(vm => vm.Id));
        Assert.Equal([2, .. names.Select(_ => 1)], result.Vms.Select(vm => vm.Restarts));
    }

    private static RestartPolicy OnFailure(int maxRestarts) =>
        new() { Mode = RestartMode.OnFailure, MaxRestarts = maxRestarts, Backoff = TimeSpan.FromMilliseconds(1) };
}
