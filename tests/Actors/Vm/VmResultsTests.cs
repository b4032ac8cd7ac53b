using System.Diagnostics;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Tests.Vm;

public class VmResultsTests
{
    private static readonly VcpuEnd Halted = new(VcpuEndKind.Halted);
    private static readonly VcpuEnd Stopped = new(VcpuEndKind.Stopped);

    [Fact]
    public void Summarise_AllHalted_IsHalted() => Assert.Equal((VmOutcome.Halted, null), Outcome(null, Halted, Halted));

    [Fact]
    public void Summarise_SomeExited_IsExitedWithTheFirstStatusThatIsNotZero()
    {
        Assert.Equal((VmOutcome.Exited, 0), Outcome(null, Exited(0), Halted, Exited(0)));
        Assert.Equal((VmOutcome.Exited, 3), Outcome(null, Exited(0), Exited(3), Exited(4)));
    }

    [Theory]
    [InlineData(VmOutcome.TimedOut)]
    [InlineData(VmOutcome.Cancelled)]
    public void Summarise_StopThatCameTooLate_ChangesNothing(VmOutcome outcome)
    {
        Assert.Equal((VmOutcome.Exited, 1), Outcome(new VmVerdict(outcome, "late"), Exited(1)));
        Assert.Equal((outcome, 1), Outcome(new VmVerdict(outcome, "in time"), Exited(1), Stopped));
        Assert.Equal((outcome, null), Outcome(new VmVerdict(outcome, "before it began")));
    }

    [Fact]
    public void Summarise_Verdict_IsToldWithItsMessage()
    {
        var result = VmResults.Summarise("vm-0", "vm", 0, new VmVerdict(VmOutcome.Panicked, "help"), [Ended(0, Halted)]);

        Assert.Equal((VmOutcome.Panicked, "help", false), (result.Outcome, result.Message, result.IsSuccess));
    }

    [Fact]
    public void Summarise_Durations_SpanFirstEntryAndLastEnd()
    {
        var second = Stopwatch.Frequency;
        var ended = new[]
        {
            Ended(1, Halted) with { Entered = 3 * second, Left = 9 * second },
            Ended(0, Halted) with { Entered = 2 * second, Left = 5 * second },
        };

        var result = VmResults.Summarise("vm-0", "vm", 1 * second, null, ended);

        Assert.Equal((1.0, 7.0), (result.StartDuration.TotalSeconds, result.RunDuration.TotalSeconds));
        Assert.Equal([0, 1], result.Vcpus.Select(vcpu => vcpu.Index));
        Assert.Equal(1, result.Vcpus[0].Exits[VcpuExitReason.Hlt]);
    }

    private static VcpuEnd Exited(int status) => new(VcpuEndKind.Exited, status);

    private static VcpuEnded Ended(int index, VcpuEnd end)
    {
        var statistics = new ExitStatistics();
        statistics.RecordExit(VcpuExitReason.Hlt, 1, 1);
        return new VcpuEnded(index, end, 10, 20, statistics);
    }

    private static (VmOutcome Outcome, int? ExitCode) Outcome(VmVerdict? verdict, params VcpuEnd[] ends)
    {
        var result = VmResults.Summarise("vm-0", "vm", 0, verdict, [.. ends.Select((end, index) => Ended(index, end))]);
        return (result.Outcome, result.ExitCode);
    }
}
