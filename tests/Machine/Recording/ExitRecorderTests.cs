using System.Text;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Recording;

public sealed class ExitRecorderTests
{
    private const int AnyCall = 2;

    [Fact]
    public void Finish_ManyExits_HasTheTwentySlowestFirst()
    {
        var recorder = Recorder();
        foreach (var ticks in Enumerable.Range(1, 1000).OrderBy(number => number * 7919 % 1009))
        {
            recorder.Record(Exit(ticks));
        }

        var slowest = recorder.Finish(0, 0, 0).Slowest;

        Assert.Equal(Enumerable.Range(981, 20).Reverse().Select(ticks => (long)ticks), slowest.Select(slow => slow.Exit.HostTicks));
    }

    [Fact]
    public void Finish_AWaitTheGuestAskedFor_DoesNotMakeAnExitSlow()
    {
        var recorder = Recorder();
        var waited = Exit(1_000_000) with { HasCall = true, Call = new RecordedCall(AnyCall, 1000, 1005, 0) { Waited = true } };
        recorder.Record(waited);
        recorder.Record(Exit(100));

        var recording = recorder.Finish(0, 0, 0);

        Assert.Equal([100L, 5L], recording.Slowest.Select(slow => slow.Exit.WorkTicks));
    }

    [Theory]
    [InlineData("/etc/os-release", "/etc/os-release")]
    [InlineData("/a/very/long/path/that/goes/on/and/on/until/it/does/not/fit", "/a/very/long/path/that/goes/on/and/on/until/it/d")]
    [InlineData("", null)]
    public void Finish_CallWithAPath_HasItAsFarAsItFits(string path, string? expected)
    {
        var recorder = Recorder();

        recorder.Record(
            Exit(10) with { HasCall = true, Call = new RecordedCall(AnyCall, 1000, 1001, 0) },
            target =>
            {
                var bytes = Encoding.UTF8.GetBytes(path).AsSpan();
                bytes = bytes[..Math.Min(bytes.Length, target.Length)];
                bytes.CopyTo(target);
                return bytes.Length;
            });

        Assert.Equal(expected, Assert.Single(recorder.Finish(0, 0, 0).Slowest).Path);
    }

    [Fact]
    public void Record_ExitWithoutACall_NeverAsksForAPath()
    {
        var recorder = Recorder();

        recorder.Record(Exit(10), _ => throw new InvalidOperationException("There is no call."));

        Assert.Null(Assert.Single(recorder.Finish(0, 0, 0).Slowest).Path);
    }

    [Fact]
    public void Record_Sample_TakesTheCallFromTheNote()
    {
        var recorder = new ExitRecorder(new RecordingOptions(TimelineExits: 2), 0);
        var note = new CallNote();
        var sample = new ExitSample(VcpuExitReason.Io, 500, 1000, 1010) { Port = 0x8010 };
        note.Set(new RecordedCall(AnyCall, 1001, 1002, -2) { First = 7 });
        recorder.Record(sample, note);
        note.Clear();
        recorder.Record(sample, note);

        var timeline = recorder.Finish(0, 0, 0).Timeline;

        Assert.Equal((true, AnyCall, -2L, 7UL, 0x8010UL), (timeline[0].HasCall, timeline[0].Call.Number, timeline[0].Call.Result, timeline[0].Call.First, timeline[0].Location));
        Assert.False(timeline[1].HasCall);
    }

    [Fact]
    public void Finish_TimelineTooSmall_HasTheNewestAndSaysHowManyAreGone()
    {
        var recorder = new ExitRecorder(new RecordingOptions(TimelineExits: 4), 0);
        for (var ticks = 1; ticks <= 10; ticks++)
        {
            recorder.Record(Exit(ticks));
        }

        var recording = recorder.Finish(3, 11, 22);

        Assert.Equal([7L, 8L, 9L, 10L], recording.Timeline.Select(exit => exit.HostTicks));
        Assert.Equal((6L, 3, 11L, 22L), (recording.Dropped, recording.Index, recording.Entered, recording.Left));
    }

    [Fact]
    public void Record_Anything_AllocatesNothing()
    {
        var recorder = new ExitRecorder(new RecordingOptions(TimelineExits: 100), 0);
        ReadCallPath readPath = target => target.Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var ticks = 1; ticks < 20_000; ticks++)
        {
            recorder.Record(
                Exit(ticks) with
                {
                    Exited = ticks * 100_000L,
                    Handled = ticks * 100_010L,
                    HasCall = true,
                    Call = new RecordedCall(AnyCall, 1000, 1001, 0),
                },
                readPath);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Create_WithoutTimeline_TakesLessThanTenKilobytes()
    {
        var warm = Recorder();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var recorder = Recorder();
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(taken, 1, 10_000);
        GC.KeepAlive(warm);
        GC.KeepAlive(recorder);
    }

    private static RecordedExit Exit(long hostTicks) => new(VcpuExitReason.Io, 500, 1000, 1000 + hostTicks, 0x3F8);

    private static ExitRecorder Recorder() => new(new RecordingOptions(TimelineExits: 0), 0);
}
