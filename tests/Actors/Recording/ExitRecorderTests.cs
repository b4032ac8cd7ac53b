using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Recording;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Tests.Recording;

public sealed class ExitRecorderTests : IDisposable
{
    private const ulong PathAddress = 0x100;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 1 << 20));

    public void Dispose() => _memory.Dispose();

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
        recorder.NoteCall(new FileRequest(HypercallId.Nanosleep, AddressSpace.Physical), 1000, 1005, new FileOutcome(0, SleepNanoseconds: 1), wasQueued: false);
        var waited = Exit(1_000_000) with { HasCall = true, Call = new RecordedCall(HypercallId.Nanosleep, 1000, 1005, 0, 0, 0, false, Waited: true) };
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
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(PathAddress), [.. System.Text.Encoding.UTF8.GetBytes(path), 0]));

        Call(recorder, new FileRequest(HypercallId.Open, AddressSpace.Physical, PathAddress));

        Assert.Equal(expected, Assert.Single(recorder.Finish(0, 0, 0).Slowest).Path);
    }

    [Fact]
    public void Finish_PathOutsideMemory_HasNone()
    {
        var recorder = Recorder();

        Call(recorder, new FileRequest(HypercallId.Open, AddressSpace.Physical, ulong.MaxValue - 3));
        Call(recorder, new FileRequest(HypercallId.Openat, AddressSpace.User(ulong.MaxValue), Second: 0xdead));

        Assert.All(recorder.Finish(0, 0, 0).Slowest, slow => Assert.Null(slow.Path));
    }

    [Fact]
    public void Finish_TimelineTooSmall_HasTheNewestAndSaysHowManyAreGone()
    {
        var recorder = new ExitRecorder(new RecordingOptions(TimelineExits: 4), 0, _memory);
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
        var recorder = new ExitRecorder(new RecordingOptions(TimelineExits: 100), 0, _memory);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var ticks = 1; ticks < 20_000; ticks++)
        {
            recorder.NoteCall(new FileRequest(HypercallId.Open, AddressSpace.Physical, PathAddress), 1000, 1001, new FileOutcome(0), wasQueued: false);
            recorder.Record(Exit(ticks) with { Exited = ticks * 100_000L, Handled = ticks * 100_010L });
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

    private static void Call(ExitRecorder recorder, in FileRequest request)
    {
        recorder.NoteCall(request, 1000, 1001, new FileOutcome(0), wasQueued: false);
        recorder.Record(Exit(10) with { HasCall = true, Call = new RecordedCall(request.Id, 1000, 1001, 0, 0, 0, false, false) });
    }

    private static RecordedExit Exit(long hostTicks) => new(VcpuExitReason.Io, 500, 1000, 1000 + hostTicks, 0x3F8);

    private ExitRecorder Recorder() => new(new RecordingOptions(TimelineExits: 0), 0, _memory);
}
