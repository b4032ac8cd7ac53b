using KvmActors.Machine.Limits;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Limits;

public class CpuMeterTests
{
    [Fact]
    public void Used_WhileAThreadWorks_GrowsForOthersToSee()
    {
        var meter = new CpuMeter();
        using var started = new ManualResetEventSlim();
        var isDone = false;
        var thread = new Thread(() =>
        {
            var clock = meter.Start();
            started.Set();
            while (!Volatile.Read(ref isDone))
            {
            }

            meter.Stop(clock);
        });
        thread.Start();
        Assert.True(started.Wait(TestTime.Seconds(60)));

        Assert.True(SpinWait.SpinUntil(() => meter.Used > TimeSpan.FromMilliseconds(20), TestTime.Seconds(60)));

        Volatile.Write(ref isDone, true);
        thread.Join();
        var used = meter.Used;
        Assert.True(used > TimeSpan.FromMilliseconds(20));
        Assert.Equal(used, meter.Used);
    }

    // What a thread did before is somebody else's.
    [Fact]
    public void Used_AfterTwoTurnsOfOneThread_IsTheSumOfBothAndNothingBetween()
    {
        var (first, second) = (new CpuMeter(), new CpuMeter());

        Work(first);
        var before = first.Used;
        Work(second);
        var between = second.Used;
        Work(first);

        Assert.True(before > TimeSpan.Zero && between > TimeSpan.Zero);
        Assert.True(first.Used > before);
        Assert.Equal(between, second.Used);
    }

    private static void Work(CpuMeter meter)
    {
        var clock = meter.Start();
        Assert.True(SpinWait.SpinUntil(() => clock.Elapsed > 1_000_000, TestTime.Seconds(60)));
        meter.Stop(clock);
    }
}
