using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

public sealed class RestartTests : VmTestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    [KvmFact]
    public void RunScenario_VmThatFailsOnce_IsStartedAgainAndEndsWell()
    {
        // Its folder comes into being while the other VM, the only one that may be alive then, prints.
        using var folder = new TempFolder();
        var missing = Path.Combine(folder.Root, "later");
        Console.OnWrite = _ => Directory.CreateDirectory(missing);

        var result = RunScenario(
            CreateScenario(), 1,
            Vms.Real16(Guests.Halt(), "flaky") with
            {
                Files = [new FileMapping("/x", missing, MappingAccess.Read)],
                Restart = new RestartPolicy(MaxRestarts: 1, Soon),
            },
            Vms.Real16(Guests.Print("x"), "loud"));

        Assert.Equal([("flaky-0", VmOutcome.Halted, 1), ("loud-0", VmOutcome.Halted, 0)], result.Vms.Select(vm => (vm.Id, vm.Outcome, vm.Restarts)));
        Assert.True(result.IsSuccess);
    }

    [KvmFact]
    public void RunScenario_VmThatAlwaysFails_IsStartedAgainSoOftenAndNoMore()
    {
        var result = RunScenario(
            CreateScenario(), 4, Vms.Real16(Guests.Exit(3), "bad") with { Instances = 3, Restart = new RestartPolicy(MaxRestarts: 2, Soon) });

        Assert.All(result.Vms, vm => Assert.Equal((VmOutcome.Exited, 3, 2), (vm.Outcome, vm.ExitCode, vm.Restarts)));
        Assert.Equal(["bad-0", "bad-1", "bad-2"], result.Vms.Select(vm => vm.Id));
        Assert.False(result.IsSuccess);

        // What the failed runs did counts too: three runs of three VMs, one exit each.
        Assert.Equal([(VcpuExitReason.Io, 9L)], result.Statistics.Exits.Select(row => (row.Reason, row.Durations.Host.Count)));
        Assert.Equal(9, result.StatisticsByName["bad"].Sites.Sum(row => row.Durations.Host.Count));
    }

    [KvmFact]
    public void RunScenario_VmThatEndsAsExpected_IsNotStartedAgain()
    {
        var result = RunScenario(CreateScenario(), 1, Vms.Real16(Guests.Crash()) with
        {
            Expected = new ExpectedEnd(VmOutcome.Crashed, null),
            Restart = new RestartPolicy(MaxRestarts: 5, Soon),
        });

        Assert.Equal((VmOutcome.Crashed, 0), (result.Vms[0].Outcome, result.Vms[0].Restarts));
    }

    [KvmFact]
    public void CancelScenario_WhileAFailedVmRests_EndsWithItsFailure()
    {
        var scenario = CreateScenario();
        scenario.Tell(
            new RunScenario(new ScenarioSpec("test", 1,
            [
                Vms.Real16(Guests.Crash(), "bad") with { Restart = new RestartPolicy(MaxRestarts: 5, TimeSpan.FromHours(1)) },
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
}
