using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Telemetry;

/// <summary>What a scenario tells whoever listens, alone in the process: sources and meters are everyone's.</summary>
[Collection(SerialCollection.Name)]
public sealed class KvmTelemetryTests : VmTestKit
{
    [VmFact]
    public void RunScenario_WithAListener_EmitsOneTraceFromScenarioToExit()
    {
        var spec = Vms.Real16(new Code16().MovDx((ushort)HypercallPort.Close).MovEax(99).OutDx(4).InDx(4).Hlt(), "traced");
        var spans = Collect(() => RunScenario(CreateScenario(), 2, spec.On(machine => machine with { Vcpus = 2 }) with { Instances = 2 }));

        var scenario = Assert.Single(Named(spans, "scenario"));
        Assert.Equal(("test", default), (scenario.GetTagItem("kvm.scenario.name"), scenario.ParentSpanId));
        Assert.All(spans, span => Assert.Equal(scenario.TraceId, span.TraceId));

        var vms = Named(spans, "vm");
        Assert.Equal(["traced-0", "traced-1"], vms.Select(vm => vm.GetTagItem("kvm.vm.id")).Order());
        Assert.All(vms, vm => Assert.Equal(scenario.SpanId, vm.ParentSpanId));
        Assert.All(vms, vm => Assert.Equal("Halted", vm.GetTagItem("kvm.vm.outcome")));
        Assert.All(spans.Where(span => span.OperationName != "hypercall"), span => Assert.Null(span.GetTagItem("error.type")));
        Assert.Matches("^[0-9]+\\.[0-9]+", scenario.Source.Version);

        var vcpus = Named(spans, "vcpu");
        Assert.Equal(4, vcpus.Count);
        Assert.All(vms, vm => Assert.Equal([0, 1], vcpus.Where(vcpu => vcpu.ParentSpanId == vm.SpanId).Select(vcpu => vcpu.GetTagItem("kvm.vcpu.index")).Order()));

        // out, in and hlt of each vCPU, and its one hypercall.
        Assert.All(vcpus, vcpu =>
        {
            Assert.Equal(["Io", "Io", "Hlt"], Named(spans, "exit").Where(exit => exit.ParentSpanId == vcpu.SpanId).Select(exit => exit.GetTagItem("kvm.exit.reason")));
            var hypercall = Assert.Single(Named(spans, "hypercall"), hypercall => hypercall.ParentSpanId == vcpu.SpanId);
            Assert.Equal(("close", -9L), (hypercall.GetTagItem("kvm.hypercall.name"), hypercall.GetTagItem("kvm.hypercall.result")));
            Assert.Equal(("EBADF", ActivityStatusCode.Unset), (hypercall.GetTagItem("error.type"), hypercall.Status));
        });
        Assert.All(spans.Where(span => span != scenario), span => Assert.InRange(span.StartTimeUtc, scenario.StartTimeUtc - TimeSpan.FromSeconds(1), DateTime.UtcNow));
    }

    [VmFact]
    public void RunScenario_VmThatCrashes_ItsSpanSaysWhy()
    {
        var spans = Collect(() => RunScenario(CreateScenario(), 1, Vms.Real16(Guests.Crash())));

        var vm = Assert.Single(Named(spans, "vm"));
        Assert.Equal(("Crashed", ActivityStatusCode.Error), (vm.GetTagItem("kvm.vm.outcome"), vm.Status));
        Assert.Contains("0x1234", vm.StatusDescription, StringComparison.Ordinal);
        Assert.Equal("Crashed", vm.GetTagItem("error.type"));
        var vcpu = Assert.Single(Named(spans, "vcpu"));
        Assert.Equal(("Crashed", ActivityStatusCode.Error), (vcpu.GetTagItem("error.type"), vcpu.Status));
        var scenario = Assert.Single(Named(spans, "scenario"));
        Assert.Equal(("vm", ActivityStatusCode.Error), (scenario.GetTagItem("error.type"), scenario.Status));
    }

    [VmFact]
    public void RunScenario_Vm_MarksTheStepsOfItsStart()
    {
        var spans = Collect(() => RunScenario(CreateScenario(), 1, Vms.Real16(Guests.Halt()).On(machine => machine with { Vcpus = 2 })));

        var vm = Assert.Single(Named(spans, "vm"));
        Assert.Equal(
            ["created", "memory mapped", "image loaded", "vcpus created", "first entry"],
            vm.Events.Select(happened => happened.Name));
        Assert.Equal(vm.Events.Select(happened => happened.Timestamp).Order(), vm.Events.Select(happened => happened.Timestamp));
        Assert.All(vm.Events, happened => Assert.InRange(
            happened.Timestamp.UtcDateTime, vm.StartTimeUtc - TimeSpan.FromMilliseconds(1), vm.StartTimeUtc + vm.Duration));
    }

    [VmFact]
    public void CancelScenario_RunningVm_SaysWhenItWasCancelledAndKicked()
    {
        var spans = Collect(() =>
        {
            var scenario = CreateScenario();
            scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin())])), TestActor);
            AwaitOutput("up");
            scenario.Tell(CancelScenario.Instance, TestActor);
            ExpectMsg<ScenarioEnded>(Patience);
        });

        Assert.Equal(["first entry", "cancel"], Assert.Single(Named(spans, "vm")).Events.Select(happened => happened.Name).TakeLast(2));
        Assert.Equal(["kicked"], Assert.Single(Named(spans, "vcpu")).Events.Select(happened => happened.Name));
    }

    [VmFact]
    public void RunScenario_AccessToADevice_SpanAndSiteSayWhere()
    {
        ScenarioResult? result = null;
        var code = new Code16().MovDs(0xF000).Load(4, 0).Hlt();
        var spans = Collect(() => result = RunScenario(CreateScenario(), 1, Vms.Real16(code).On(machine => machine with
        {
            MemoryBytes = 64 << 10,
            Devices = [new RegisterBankSpec(0xF0000, 16, [])],
        })));

        var exit = Assert.Single(Named(spans, "exit"), span => Equals(span.GetTagItem("kvm.exit.reason"), "Mmio"));
        Assert.Equal("0xf0000", exit.GetTagItem("kvm.mmio.address"));
        Assert.Equal([("RegisterBank 0xf0000", 1L)], result!.Statistics.Sites.Select(row => (row.Site.ToString(), row.Durations.Guest.Count)));
    }

    [VmFact]
    public void RunScenario_VmThatNeverStarts_StillHasASpanUnderTheScenario()
    {
        var spans = Collect(() => RunScenario(
            CreateScenario(), 1, Vms.Real16(Guests.Halt()) with { Files = [new("/x", "/nowhere", MappingAccess.Read)] }));

        Assert.Equal(Assert.Single(Named(spans, "scenario")).SpanId, Assert.Single(Named(spans, "vm")).ParentSpanId);
        Assert.Empty(Named(spans, "vcpu"));
    }

    [VmFact]
    public void StartVm_UnderTheTestsOwnSpan_StaysInItsTrace()
    {
        var parent = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var spans = Collect(() =>
        {
            var vm = CreateVm(Vms.Real16(Guests.Halt()));
            vm.Tell(new StartVm("vm-0", parent), TestActor);
            ExpectEnd(vm);
        });

        Assert.Equal((parent.TraceId, parent.SpanId), (Assert.Single(Named(spans, "vm")).TraceId, Named(spans, "vm")[0].ParentSpanId));
    }

    [Fact]
    public void StartSpan_NeverBecomesTheAmbientOne()
    {
        Collect(() =>
        {
            using var outer = new Activity("outer").Start();
            using var span = KvmTelemetry.StartSpan("vm", default);

            Assert.Same(outer, Activity.Current);
            Assert.NotEqual(outer.TraceId, span!.TraceId);
        });
    }

    [Fact]
    public void StartSpan_NobodyListens_IsNull() => Assert.Null(KvmTelemetry.StartSpan("vm", default));

    [VmFact]
    public void RunScenario_WithAMeterListener_RecordsEveryMetricByVmName()
    {
        var seen = new ConcurrentBag<(string Instrument, double Value, string Tags)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == KvmTelemetry.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.Start();

        RunScenario(
            CreateScenario(), 2,
            Vms.Real16(new Code16().MovDx((ushort)HypercallPort.Close).MovEax(99).OutDx(4).InDx(4).Hlt(), "metered") with { Instances = 3 });

        KvmTelemetry.FlushMetrics();
        Assert.Equal(6, Sum("kvm.vcpu.exits", "kvm.vm.name=metered kvm.exit.reason=Io"));
        Assert.Equal(3, Sum("kvm.vcpu.exits", "kvm.vm.name=metered kvm.exit.reason=Hlt"));
        Assert.Equal((6, 6), (Count("kvm.vcpu.exit.duration", "kvm.vm.name=metered kvm.exit.reason=Io"), Count("kvm.vcpu.guest.duration", "kvm.vm.name=metered kvm.exit.reason=Io")));
        Assert.Equal((3, 3), (Count("kvm.hypercall.duration", "kvm.vm.name=metered kvm.hypercall.name=close"), Count("kvm.vm.start.duration", "kvm.vm.name=metered")));
        Assert.Equal(3, Count("kvm.vm.run.duration", "kvm.vm.name=metered kvm.vm.outcome=Halted"));
        Assert.Equal((6, 0), (Count("kvm.vm.active", "kvm.vm.name=metered"), Sum("kvm.vm.active", "kvm.vm.name=metered")));
        Assert.All(seen.Where(row => row.Instrument.EndsWith("duration", StringComparison.Ordinal)), row => Assert.InRange(row.Value, 0, 60));

        double Sum(string instrument, string tags) => seen.Where(row => row.Instrument == instrument && row.Tags == tags).Sum(row => row.Value);
        int Count(string instrument, string tags) => seen.Count(row => row.Instrument == instrument && row.Tags == tags);
    }

    [VmFact]
    public void HandOnLive_VcpuThatRuns_CountsItsExitsBeforeItEnds()
    {
        long exits = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == KvmTelemetry.Name && instrument.Name == "kvm.vcpu.exits")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref exits, value));
        listener.Start();

        var scenario = CreateScenario();
        scenario.Tell(new RunScenario(new ScenarioSpec("test", 1, [Vms.Real16(Guests.Spin())])), TestActor);
        AwaitOutput("up");
        KvmTelemetry.HandOnLive();
        KvmTelemetry.FlushMetrics();
        var whileItRan = Interlocked.Read(ref exits);
        scenario.Tell(CancelScenario.Instance, TestActor);
        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        KvmTelemetry.FlushMetrics();

        Assert.InRange(whileItRan, 1, result.Statistics.ExitCount);
        Assert.Equal(result.Statistics.ExitCount, Interlocked.Read(ref exits));
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));

    private static List<Activity> Named(IEnumerable<Activity> spans, string name) =>
        [.. spans.Where(span => span.OperationName == name).OrderBy(span => span.StartTimeUtc)];

    // Every span that has ended; a scenario's answer comes after its own span's end.
    private static List<Activity> Collect(Action action)
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KvmTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        action();
        return [.. spans];
    }
}
