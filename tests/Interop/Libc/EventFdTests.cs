using System.Diagnostics;
using KvmActors.Interop.Libc;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Libc;

public class EventFdTests
{
    [Fact]
    public void Take_Signals_AreCountedOnce()
    {
        using var signal = EventFd.Create();
        Assert.Equal(0UL, signal.Take());

        signal.Signal();
        signal.Signal();

        Assert.Equal((2UL, 0UL), (signal.Take(), signal.Take()));
    }

    [Fact]
    public void Wait_Signalled_IsOverAtOnceAndTakesNothing()
    {
        using var signal = EventFd.Create();
        signal.Signal();

        signal.Wait(-1);
        signal.Wait(-1);

        Assert.Equal(1UL, signal.Take());
    }

    [Fact]
    public async Task Wait_SignalFromAnotherThread_IsOver()
    {
        using var signal = EventFd.Create();
        var waiting = Task.Factory.StartNew(() => signal.Wait(-1), TaskCreationOptions.LongRunning);

        signal.Signal();

        await waiting.WaitAsync(TestTime.Seconds(60));
        Assert.Equal(1UL, signal.Take());
    }

    // A wait may end early only when a signal handler ran, and no handler does here.
    [Fact]
    public void Wait_ATime_IsOverAfterIt()
    {
        using var signal = EventFd.Create();
        var started = Stopwatch.GetTimestamp();

        signal.Wait(2_000_000);

        Assert.True(Stopwatch.GetElapsedTime(started).TotalMilliseconds >= 2);
        Assert.Equal(0UL, signal.Take());
    }
}
