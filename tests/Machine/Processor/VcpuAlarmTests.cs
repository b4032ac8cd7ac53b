using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Processor;

public sealed class VcpuAlarmTests : IDisposable
{
    private static readonly VcpuWait ForEver = new(Nanoseconds: -1);

    private readonly VmStopSignal _stop = new();
    private readonly VcpuAlarm _alarm = new();

    public void Dispose()
    {
        _alarm.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Park_AlarmWasSetBefore_EndsAtOnce()
    {
        _alarm.Set();
        _alarm.Set();

        Assert.True(_stop.Park(ForEver, _alarm));
        Assert.False(_alarm.Take());
    }

    [Fact]
    public async Task Park_AlarmIsSetMeanwhile_Ends()
    {
        for (var round = 0; round < 100; round++)
        {
            var parked = Task.Factory.StartNew(() => _stop.Park(ForEver, _alarm), TaskCreationOptions.LongRunning);
            _alarm.Set();
            Assert.True(await parked.WaitAsync(TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public async Task Park_StopIsRequested_EndsAndSaysSo()
    {
        var parked = Task.Factory.StartNew(() => _stop.Park(ForEver, _alarm), TaskCreationOptions.LongRunning);

        _stop.Request();

        Assert.False(await parked.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Park_Throttle_TakesItsTimeAndLeavesTheAlarmSet()
    {
        _alarm.Set();

        Assert.True(_stop.Park(new VcpuWait(Nanoseconds: 1_000_000, IsThrottle: true), _alarm));
        Assert.True(_alarm.Take());
    }

    [Fact]
    public void Set_AfterTheVcpuIsGone_DoesNoHarm()
    {
        _ = _alarm.GetSignal();
        _alarm.Dispose();

        _alarm.Set();
    }
}
