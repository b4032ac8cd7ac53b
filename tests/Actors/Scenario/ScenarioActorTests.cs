using System.Diagnostics.Metrics;
using Akka.Actor;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Scenario;

public sealed class ScenarioActorTests : VmTestKit
{
    [VmFact]
    public void RunScenario_SeveralVms_ReportsEveryInstanceInOrder()
    {
        var result = RunScenario(
            CreateScenario(), 3,
            Vms.Real16(Guests.Exit(0), "good") with { Instances = 2 },
            Vms.Real16(Guests.Halt(), "quiet"),
            Vms.Real16(Guests.Print("hi"), "loud") with { Instances = 2 });

        Assert.Equal(["good-0", "good-1", "quiet-0", "loud-0", "loud-1"], result.Vms.Select(vm => vm.Id));
        Assert.Equal(("test", false, true), (result.Scenario, result.WasCancelled, result.IsSuccess));
        Assert.Equal("hi\n", Console.Text("loud-1"));
        Assert.True(result.Wall > TimeSpan.Zero);

        // Every VM's exits, summed: one exit hypercall each, one HLT each, three console bytes each.
        Assert.Equal(
            [(VcpuExitReason.Io, 2L + 6), (VcpuExitReason.Hlt, 1L + 2)],
            result.Statistics.Exits.Select(row => (row.Reason, row.Durations.Host.Count)));
    }

    [VmFact]
    public void RunScenario_OneVmCrashes_ItsSiblingsAreUnharmed()
    {
        var result = RunScenario(
            CreateScenario(), 4,
            Vms.Real16(Guests.Print("one"), "first") with { Instances = 3 },
            Vms.Real16(Guests.Crash(), "bad"),
            Vms.Real16(Guests.Halt(), "unmapped") with { Files = [new("/x", "/nowhere", MappingAccess.Read)] },
            Vms.Real16(Guests.Exit(0), "last") with { Instances = 3 });

        Assert.Equal(
            [.. Enumerable.Repeat(VmOutcome.Halted, 3), VmOutcome.Crashed, VmOutcome.FailedToStart, .. Enumerable.Repeat(VmOutcome.Exited, 3)],
            result.Vms.Select(vm => vm.Outcome));
        Assert.False(result.IsSuccess);
    }

    [VmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void RunScenario_MaxConcurrency_IsNeverExceeded(int maxConcurrency)
    {
        var name = $"counted{maxConcurrency}";
        using var alive = new AliveVms(name);

        RunScenario(CreateScenario(), maxConcurrency, Vms.Real16(Guests.Print("x"), name) with { Instances = 12 });

        Assert.InRange(alive.Most, 1, maxConcurrency);
        Assert.Equal((12, 0), (alive.Created, alive.Now));
    }

    [VmFact]
    public void RunScenario_EnoughPlaces_RunsVmsAtTheSameTime()
    {
        // Each ends only when all have printed, which the output waits for.
        using var all = new CountdownEvent(3);
        Console.OnWrite = _ =>
        {
            all.Signal();
            Assert.True(all.Wait(Patience));
        };

        var result = RunScenario(CreateScenario(), 3, Vms.Real16(Guests.Print("x")) with { Instances = 3 });

        Assert.True(result.IsSuccess);
    }

    [VmFact]
    public void CancelScenario_WhileVmsRunAndOthersWait_ReportsThoseThatStarted()
    {
        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 2, [Vms.Real16(Guests.Spin()) with { Instances = 10 }])), TestActor);
        AwaitAssert(() => Assert.True(Console.Writes.Count == 2), Patience);

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.True(result.WasCancelled);
        Assert.False(result.IsSuccess);
        Assert.Equal([("real-0", VmOutcome.Cancelled), ("real-1", VmOutcome.Cancelled)], result.Vms.Select(vm => (vm.Id, vm.Outcome)));
    }

    [VmFact]
    public void CancelScenario_WhenNoneRuns_ChangesNothing()
    {
        var scenario = CreateScenario();
        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = RunScenario(scenario, 1, Vms.Real16(Guests.Halt()));

        Assert.Equal((false, true), (result.WasCancelled, result.IsSuccess));
    }

    [VmFact]
    public void RunScenario_AfterAnother_StartsFromNothing()
    {
        var scenario = CreateScenario();
        RunScenario(scenario, 2, Vms.Real16(Guests.Crash()) with { Instances = 2 });

        var result = RunScenario(scenario, 2, Vms.Real16(Guests.Halt()));

        Assert.Equal(VmOutcome.Halted, Assert.Single(result.Vms).Outcome);
        Assert.Equal([VcpuExitReason.Hlt], result.Statistics.Exits.Select(row => row.Reason));
    }

    [VmFact]
    public void RunScenario_NoVms_EndsAtOnce()
    {
        var result = RunScenario(CreateScenario(), 1);

        Assert.Empty(result.Vms);
        Assert.True(result.IsSuccess);
    }

    /// <summary>How many VMs of one name exist, as the metric tells.</summary>
    private sealed class AliveVms : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Lock _gate = new();

        public AliveVms(string name)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == KvmTelemetry.Name && instrument.Name == "kvm.vm.active")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
            {
                if (tags[0].Value as string != name)
                {
                    return;
                }

                lock (_gate)
                {
                    Now += (int)change;
                    Most = Math.Max(Most, Now);
                    Created += change > 0 ? 1 : 0;
                }
            });
            _listener.Start();
        }

        public int Now { get; private set; }

        public int Most { get; private set; }

        public int Created { get; private set; }

        public void Dispose() => _listener.Dispose();
    }
}
