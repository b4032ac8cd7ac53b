using System.Diagnostics;
using Akka.Actor;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Tests.Vm;

public class VmInstanceTests
{
    private static readonly VmServices Services = new(new FakeHypervisor(), new RecordingOutput(), new ExitSamplingOptions());
    private static readonly VmSpec Spec = Vms.Real16(new Code16().Hlt(), "vm");

    [Fact]
    public void Finish_NothingRan_SaysWhatIsKnown()
    {
        var instance = new VmInstance(new StartVm("vm-0") { Sent = 100, Origin = 40 }, ActorRefs.Nobody, Spec, Services);
        instance.StartsCold("because");
        instance.Verdict = new VmVerdict(VmOutcome.FailedToStart, "it was refused");

        var result = instance.Finish(Spec with { ReadBack = [new ReadBackSpec(new GuestPhysAddr(0), 4)] }, vm: null, new ExitStatistics());

        Assert.Equal(("vm-0", "vm", VmOutcome.FailedToStart, "it was refused"), (result.Id, result.Name, result.Outcome, result.Message));
        Assert.Equal((VmStart.Cold, "because", TimeSpan.Zero), (result.Start, result.ColdReason, result.StartDuration));
        Assert.Equal((Stopwatch.GetElapsedTime(40, 100), null), (result.Times?.AskedFor, result.Times?.Entered));
        Assert.Empty(Assert.Single(result.ReadBack).Bytes);
        Assert.Empty(result.Devices);
    }

    [Fact]
    public void Finish_VcpusThatEnded_HasTheirTimesTheMissingCallsAndTheMemory()
    {
        using var vm = VirtualMachine.Create(new FakeHypervisor(), Spec.Plan);
        var instance = new VmInstance(new StartVm("vm-0") { Sent = 100 }, ActorRefs.Nobody, Spec, Services);
        instance.StartsWarm();
        instance.Add(new VcpuEnded(1, new VcpuEnd(VcpuEndKind.Halted), Entered: 300, Left: 500, new ExitStatistics()));
        instance.Add(new VcpuEnded(0, new VcpuEnd(VcpuEndKind.Halted), Entered: 200, Left: 400, new ExitStatistics()));
        var statistics = new ExitStatistics();
        statistics.RecordMissing(202);

        var result = instance.Finish(Spec with { ReadBack = [new ReadBackSpec(new GuestPhysAddr(0), 1)] }, vm, statistics);

        Assert.Equal((VmOutcome.Halted, VmStart.Warm, null), (result.Outcome, result.Start, result.ColdReason));
        Assert.Equal((Stopwatch.GetElapsedTime(0, 100), Stopwatch.GetElapsedTime(0, 100)), (result.StartDuration, result.Times?.Entered));
        Assert.Equal([0, 1], result.Vcpus.Select(vcpu => vcpu.Index));
        Assert.Equal(new Dictionary<string, long> { ["futex"] = 1 }, result.MissingSystemCalls);

        // HLT
        Assert.Equal([0xF4], Assert.Single(result.ReadBack).Bytes);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(10, true)]
    public void Operations_OnlyForATimeline_AreKept(int timelineExits, bool isKept)
    {
        var instance = new VmInstance(new StartVm("vm-0"), ActorRefs.Nobody, Spec, Services with { Recording = new RecordingOptions(timelineExits) });

        instance.Operations?.Add(new RecordedOperation(1, 2, 3, 4));

        Assert.Equal(isKept ? 1 : 0, instance.Record().Operations.Count);
    }
}
