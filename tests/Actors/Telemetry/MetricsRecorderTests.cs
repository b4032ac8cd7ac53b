using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Tests.Telemetry;

public class MetricsRecorderTests
{
    [Fact]
    public void Flush_NothingAdded_DoesNotWait()
    {
        var recorder = new MetricsRecorder((_, _) => Assert.Fail("nothing to record"));

        recorder.Flush();
    }

    [Fact]
    public void Add_WhileItRecords_IsAddedUpByNameAndNothingIsLost()
    {
        var recorded = new List<(string Vm, long Exits)>();
        using var first = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var recorder = new MetricsRecorder((vm, statistics) =>
        {
            recorded.Add((vm, statistics.CountByReason()[VcpuExitReason.Hlt]));
            first.Set();
            Assert.True(goOn.Wait(Vms.Patience));
        });

        recorder.Add("one", Exits(1));
        Assert.True(first.Wait(Vms.Patience));
        recorder.Add("two", Exits(2));
        recorder.Add("three", Exits(4));
        recorder.Add("two", Exits(8));
        goOn.Set();
        recorder.Flush();

        Assert.Equal(("one", 1), recorded[0]);
        Assert.Equal([("three", 4L), ("two", 10L)], recorded.Skip(1).OrderBy(row => row.Vm));
    }

    [Fact]
    public void Add_AfterItWasIdle_RecordsAgain()
    {
        long total = 0;
        var recorder = new MetricsRecorder((_, statistics) => total += statistics.CountByReason()[VcpuExitReason.Hlt]);

        for (var round = 1; round <= 3; round++)
        {
            recorder.Add("vm", Exits(1));
            recorder.Flush();
            Assert.Equal(round, total);
        }
    }

    private static ExitStatistics Exits(int count)
    {
        var statistics = new ExitStatistics();
        for (var index = 0; index < count; index++)
        {
            statistics.RecordExit(VcpuExitReason.Hlt, 1, 1);
        }

        return statistics;
    }
}
