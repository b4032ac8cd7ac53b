using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Recording;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Results;

/// <summary>What scenarios keep of real VMs.</summary>
public sealed class ScenarioRecordingTests : VmTestKit
{
    [VmFact]
    public void RunScenario_Recorded_AgreesWithTheStatistics()
    {
        var progress = new ScenarioProgress();
        var result = Run(Services with { Recording = new RecordingOptions(TimelineExits: 1000), Progress = progress });

        var exits = result.Statistics.Exits.Sum(row => row.Durations.Host.Count);
        var recording = result.Recording!;
        Assert.Equal(exits, recording.Timelines.Sum(vm => vm.Recording.Vcpus.Sum(vcpu => (long)vcpu.Timeline.Count)));
        Assert.Equal(exits, CountOf(recording.Latencies));
        Assert.Equal(Math.Min(20, exits), recording.Slowest.Count);
        Assert.Equal(recording.Slowest.OrderByDescending(slow => slow.Slow.Exit.WorkTicks), recording.Slowest);

        var now = progress.Read();
        Assert.Equal((0, 0, 3, 1, exits), (now.Waiting, now.Running, now.Succeeded, now.Failed, now.Exits));
    }

    [VmFact]
    public void RunScenario_Recorded_EachVcpusSlicesFollowWithoutAGap()
    {
        var result = Run(Services with { Recording = new RecordingOptions(TimelineExits: 1000) });

        Assert.All(result.Recording!.Timelines.SelectMany(vm => vm.Recording.Vcpus), vcpu =>
        {
            Assert.NotEmpty(vcpu.Timeline);
            Assert.All(vcpu.Timeline, exit => Assert.True(exit.Entered <= exit.Exited && exit.Exited <= exit.Handled));
            Assert.All(vcpu.Timeline.Zip(vcpu.Timeline.Skip(1)), pair => Assert.Equal(pair.First.Handled, pair.Second.Entered));
            Assert.True(vcpu.Entered <= vcpu.Timeline[0].Entered && vcpu.Timeline[^1].Handled <= vcpu.Left);
        });
    }

    [VmFact]
    public void RunScenario_NotRecorded_KeepsNothingButTheTimes()
    {
        var result = Run(Services);

        Assert.Null(result.Recording);
        Assert.All(result.Vms, vm =>
        {
            var times = vm.Times!;
            Assert.True(TimeSpan.Zero <= times.AskedFor && times.AskedFor <= times.Entered && times.Entered <= times.Ended && times.Ended <= result.Wall);
        });
    }

    [VmFact]
    public void RunScenario_OnlyForTheReport_HasNoTimeline()
    {
        var result = Run(Services with { Recording = new RecordingOptions(TimelineExits: 0) });

        Assert.Empty(result.Recording!.Timelines);
        Assert.NotEmpty(result.Recording.Slowest);
    }

    [Fact]
    public void Add_RunsOfOneVmWithoutEnd_KeepsTheLast()
    {
        var recording = new ScenarioRecording(new RecordingOptions(TimelineExits: 1), origin: 0);
        for (var run = 0; run < 100; run++)
        {
            var vm = new VmResult { Id = "again-0", Name = "again", Outcome = VmOutcome.Halted, Restarts = run };
            recording.Add(vm, new VmRecording([], [], OperationsDropped: 0));
            if (run == 50)
            {
                recording.Add(vm with { Id = "once-0" }, new VmRecording([], [], OperationsDropped: 0));
            }
        }

        Assert.Equal(
            [("once-0", 50), .. Enumerable.Range(92, 8).Select(run => ("again-0", run))],
            recording.Timelines.Select(timeline => (timeline.Vm.Id, timeline.Vm.Restarts)));
    }

    private static long CountOf(LatencyOverTime latencies) => (
        from column in Enumerable.Range(0, LatencyOverTime.Columns)
        from band in Enumerable.Range(0, LatencyOverTime.Bands)
        select latencies[column, band]).Sum();

    private ScenarioResult Run(VmServices services)
    {
        var scenario = Sys.ActorOf(KvmActorSystem.ScenarioProps(services));
        return RunScenario(
            scenario, 2, Vms.Real16(Guests.Print("hello"), "loud") with { Instances = 3 }, Vms.Real16(Guests.Crash(), "bad"));
    }
}
