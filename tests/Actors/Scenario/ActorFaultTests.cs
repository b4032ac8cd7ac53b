using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

/// <summary>Every actor fails once at every place: while it is made, and before each message it handles.</summary>
public sealed class ActorFaultTests : VmTestKit
{
    // Two that share a slot and what they have at the host, one that is started again.
    private static readonly ScenarioSpec Scenario = new(
        "test", 2,
        [
            Vms.Long64(new Code64().Out((ushort)HypercallPort.Close, 99).Hlt(), "warm") with { Start = VmStart.Warm, Instances = 2 },
            Vms.Real16(Guests.Crash(), "bad") with { Restart = new() { Mode = RestartMode.OnFailure, MaxRestarts = 1, Backoff = TimeSpan.Zero } },
        ])
    {
        ShutdownGrace = TimeSpan.FromMilliseconds(300),
    };

    // Where every run of it comes.
    private static readonly string[] Places =
    [
        "ScenarioActor", "ScenarioActor: RunScenario", "ScenarioActor: VmActor", "ScenarioActor: VmEnded", "ScenarioActor: Terminated",
        "VmActor", "VmActor: StartVm", "VmActor: VcpuReady", "VmActor: GuestOpened", "VmActor: VcpuEnded", "VmSlot: VcpuActor",
        "VcpuActor", "VcpuActor: CreateVcpu", "VcpuActor: RunVcpu", "HypercallActor", "HypercallActor: OpenGuest",
    ];

    private int _runs;

    [VmFact]
    public async Task RunScenario_FailureAtEveryPlace_EndsWithAResultForEveryStartedVm()
    {
        var places = new SortedSet<string>(StringComparer.Ordinal);
        const int Beyond = 10;

        // Not every run has as many places: after the last failure a few more are tried.
        for (var (nth, last) = (0, 0); nth <= last + Beyond; nth++)
        {
            var left = nth;
            if (await FailAsync(_ => Interlocked.Decrement(ref left) == -1, $"failure {nth}"))
            {
                last = nth;
            }
        }

        // Nor in the same order: what was only passed by so far fails the first time that it comes.
        foreach (var place in Places.Except(places))
        {
            Assert.True(await FailAsync(at => at == place, place), place);
        }

        async Task<bool> FailAsync(Predicate<string> isPlace, string what)
        {
            var failed = 0;
            var faults = new ActorFaults((actor, message) =>
            {
                var place = message is null ? actor : $"{actor}: {message}";
                if (isPlace(place) && Interlocked.Exchange(ref failed, 1) == 0)
                {
                    places.Add(place);
                    throw new InvalidOperationException("made to fail");
                }
            });
            var result = await RunAsync(faults, $"scenario-{_runs++}");
            AssertComplete(result, $"{what}, {places.LastOrDefault()}");
            return failed != 0;
        }
    }

    // Those that come only when something else happens.
    [VmTheory]
    [InlineData("ScenarioActor", "CancelScenario")]
    [InlineData("VmActor", "CancelVm")]
    [InlineData("VmActor", "DeadlineReached")]
    [InlineData("VmActor", "VcpuEnded")]
    [InlineData("HypercallActor", "EnterGate")]
    public async Task CancelScenario_FailureAtAPlace_EndsWithAResultForEveryStartedVm(string actor, string message)
    {
        var faults = new ActorFaults((at, what) =>
        {
            if ((at, what) == (actor, message))
            {
                throw new InvalidOperationException("made to fail");
            }
        });
        var scenario = CreateScenario(Services with { Faults = faults });
        var timeout = message == "DeadlineReached" ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromHours(1);
        var spec = Vms.Real16(Guests.Spin()).On(machine => machine with { Vcpus = 2 }) with { Timeout = timeout };
        var running = KvmActorSystem.RunAsync(Sys, scenario, new ScenarioSpec("test", 2, [spec]) { ShutdownGrace = TimeSpan.FromMilliseconds(300) });
        AwaitOutput("up");
        AwaitAssert(() => Assert.True(Console.Writes.Count == 2), Patience);

        scenario.Tell(CancelScenario.Instance, TestActor);

        AssertComplete(await running.WaitAsync(Patience), message);
    }

    // Its result is on its way behind what ends the scenario, and its actor is gone already.
    [VmFact]
    public async Task CancelScenario_VmThatEndedMeanwhile_HasItsOwnResult()
    {
        using var held = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        using var ended = new ManualResetEventSlim();
        var asked = 0;
        var faults = new ActorFaults((at, what) =>
        {
            if ((at, what) == ("ScenarioActor", "RunScenario") && Interlocked.Increment(ref asked) == 2)
            {
                held.Set();
                released.Wait(Patience);
            }
            else if ((at, what) == ("VmActor", "VcpuEnded"))
            {
                ended.Set();
            }
        });
        var scenario = CreateScenario(Services with { Faults = faults });
        var spec = new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin()) with { Timeout = TimeSpan.FromSeconds(1) }]);
        var running = KvmActorSystem.RunAsync(Sys, scenario, spec);
        AwaitOutput("up");

        scenario.Tell(new RunScenario(spec), TestActor);
        Assert.True(held.Wait(Patience));
        scenario.Tell(CancelScenario.Instance, TestActor);
        Assert.True(ended.Wait(Patience));

        // Time for its actor to go; whether it takes longer shows nothing.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        released.Set();

        Assert.Equal(VmOutcome.TimedOut, Assert.Single((await running.WaitAsync(Patience)).Vms).Outcome);
    }

    [VmFact]
    [SuppressMessage("Design", "MA0012", Justification = "It is what the runtime throws that is to be met.")]
    public async Task RunScenario_ThreadThatCannotBeMade_FailsThatVmAlone()
    {
        var left = 2;
        var faults = new ActorFaults((actor, _) =>
        {
            // .NET throws its base class when pthread_create fails.
            if (actor == "VmSlot" && Interlocked.Decrement(ref left) == 0)
            {
                throw new InsufficientMemoryException();
            }
        });
        var spec = Vms.Real16(Guests.Halt()).On(machine => machine with { Vcpus = 2 }) with { Instances = 2 };

        var result = await KvmActorSystem.RunAsync(
            Sys, CreateScenario(Services with { Faults = faults }), new ScenarioSpec("test", 1, [spec])).WaitAsync(Patience);

        Assert.Equal([VmOutcome.FailedToStart, VmOutcome.Halted], result.Vms.Select(vm => vm.Outcome));
        Assert.StartsWith("pthread_create failed on vCPU 1's thread", result.Vms[0].Message, StringComparison.Ordinal);
        Assert.Null(result.Problem);
    }

    [VmFact]
    public async Task RunAsync_ScenarioActorThatCannotBeMade_IsAnswered()
    {
        var faults = new ActorFaults((_, _) => throw new InvalidOperationException("made to fail"));

        var result = await RunAsync(faults, "scenario");

        Assert.Equal("the scenario's actor died", result.Problem);
    }

    // A signal may arrive as soon as the scenario has been asked for: not before, and not in vain.
    [VmFact]
    public async Task RunAsync_CancelledAtOnce_Ends()
    {
        for (var round = 0; round < 50; round++)
        {
            var scenario = Sys.ActorOf(KvmActorSystem.ScenarioProps(Services), $"scenario-{round}");
            var running = KvmActorSystem.RunAsync(Sys, scenario, new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin())]));

            scenario.Tell(CancelScenario.Instance, ActorRefs.NoSender);

            Assert.True((await running.WaitAsync(Patience)).WasCancelled);
        }
    }

    private async Task<ScenarioResult> RunAsync(ActorFaults faults, string name)
    {
        var scenario = Sys.ActorOf(KvmActorSystem.ScenarioProps(Services with { Faults = faults }), name);
        var result = await KvmActorSystem.RunAsync(Sys, scenario, Scenario).WaitAsync(Patience);
        Sys.Stop(scenario);
        return result;
    }

    // Either the scenario says why it could not go on, or every VM has a result; and no VM has one that says nothing.
    private static void AssertComplete(ScenarioResult result, string place)
    {
        var expected = result.Scenario.Length == 0 || result.Problem is not null || result.WasCancelled ? result.Vms.Count : 3;
        Assert.True(expected == result.Vms.Count, $"{place}: {result.Vms.Count} VMs, {result.Problem}");
        Assert.Equal(result.Vms.Count, result.Vms.DistinctBy(vm => vm.Id).Count());
        Assert.All(result.Vms, vm => Assert.True(vm.IsSuccess || vm.Message is not null, $"{place}: {vm.Id} {vm.Outcome}"));
    }
}
