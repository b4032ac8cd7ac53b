using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Processor;

/// <summary>Waits for the process's standard input, which these tests bring themselves.</summary>
[Collection(SerialCollection.Name)]
public sealed class ParkForInputTests : IDisposable
{
    private static readonly VcpuWait ForInput = new(Nanoseconds: -1, ForInput: true);

    private readonly StandardInput _input = new();
    private readonly VmStopSignal _stop = new();

    [Fact]
    public void Park_InputIsThere_DoesNotWait()
    {
        _input.Write("x");

        Assert.True(_stop.Park(ForInput));
    }

    [Fact]
    public void Park_InputHasEnded_DoesNotWait()
    {
        _input.End();

        Assert.True(_stop.Park(ForInput));
    }

    [Fact]
    public async Task Park_InputComes_IsOver()
    {
        var parked = Task.Factory.StartNew(() => _stop.Park(ForInput), TaskCreationOptions.LongRunning);

        _input.Write("x");

        Assert.True(await parked.WaitAsync(TestTime.Seconds(60)));
    }

    [Fact]
    public async Task Park_StoppedWhileNothingComes_IsOver()
    {
        var parked = Task.Factory.StartNew(() => _stop.Park(ForInput), TaskCreationOptions.LongRunning);

        _stop.Request();

        Assert.False(await parked.WaitAsync(TestTime.Seconds(60)));
    }

    [Fact]
    public void Park_NothingComesInTime_IsOver() => Assert.True(_stop.Park(ForInput with { Nanoseconds = 1_000_000 }));

    public void Dispose()
    {
        _stop.Dispose();
        _input.Dispose();
    }
}
