using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Processor;

public class VmStopSignalTests
{
    [Fact]
    public void Request_CancelsTheTokenAndStaysRequested()
    {
        using var stop = new VmStopSignal();
        Assert.Equal((false, false), (stop.IsRequested, stop.Token.IsCancellationRequested));

        stop.Request();
        stop.Request();

        Assert.Equal((true, true), (stop.IsRequested, stop.Token.IsCancellationRequested));
    }

    [Fact]
    public void ClosesVm_OnceRequestedSo_StaysUntilRenewed()
    {
        using var stop = new VmStopSignal();
        stop.Request();
        Assert.False(stop.ClosesVm);

        stop.Request(closesVm: true);
        stop.Request();
        Assert.True(stop.ClosesVm);

        stop.Renew();
        Assert.False(stop.ClosesVm);
    }

    [VmFact]
    public void Request_AttachedVcpus_AreKicked()
    {
        using var stop = new VmStopSignal();
        using var vm = new BootedVm(Machines.Real16(new Code16().Spin()) with { Vcpus = 2 });
        Assert.All(vm.Vcpus, stop.Attach);

        stop.Request();

        Assert.All(vm.Vcpus, vcpu => Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason));
    }

    [VmFact]
    public void Request_VcpuThatIsGone_DoesNoHarm()
    {
        using var stop = new VmStopSignal();
        using (var vm = new BootedVm(Machines.Real16(new Code16().Hlt())))
        {
            stop.Attach(vm.Vcpus[0]);
        }

        stop.Request();
    }

    [Fact]
    public void RequestedAt_FirstRequest_StaysItsTime()
    {
        using var stop = new VmStopSignal();
        Assert.Equal(0, stop.RequestedAt);
        var before = Stopwatch.GetTimestamp();

        stop.Request();
        var at = stop.RequestedAt;
        stop.Request();

        Assert.InRange(at, before, Stopwatch.GetTimestamp());
        Assert.Equal(at, stop.RequestedAt);
    }

    [Fact]
    public void Renew_AfterARequest_IsAsNew()
    {
        using var stop = new VmStopSignal();
        stop.Request();

        stop.Renew();

        Assert.Equal((false, false), (stop.IsRequested, stop.Token.IsCancellationRequested));
        Assert.True(stop.Park(new VcpuWait(Nanoseconds: 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000_000)]
    public void Park_ATime_LastsAtLeastThatLong(long nanoseconds)
    {
        using var stop = new VmStopSignal();
        var started = Stopwatch.GetTimestamp();

        Assert.True(stop.Park(new VcpuWait(nanoseconds)));

        Assert.True(Stopwatch.GetElapsedTime(started).TotalNanoseconds >= nanoseconds);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void Park_RequestedBefore_DoesNotWait(long nanoseconds)
    {
        using var stop = new VmStopSignal();
        stop.Request();

        Assert.False(stop.Park(new VcpuWait(nanoseconds)));
    }

    // Whether the request comes before or after they are parked: each wakes, for nobody takes the alarm back.
    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public async Task Park_SeveralThreads_OneRequestWakesThemAll(long nanoseconds)
    {
        using var stop = new VmStopSignal();
        using var waiting = new CountdownEvent(3);
        var parked = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                waiting.Signal();
                return stop.Park(new VcpuWait(nanoseconds));
            },
            TaskCreationOptions.LongRunning)).ToList();
        Assert.True(waiting.Wait(TestTime.Seconds(60)));

        stop.Request();

        Assert.All(await Task.WhenAll(parked).WaitAsync(TestTime.Seconds(60)), Assert.False);
    }
}
