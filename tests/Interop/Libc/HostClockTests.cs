using System.Diagnostics;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class HostClockTests
{
    [Fact]
    public void Read_Realtime_IsTheTimeOfDay()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        Assert.Equal(0, HostClock.Read(HostClock.Realtime, out var time));

        Assert.InRange(time.tv_sec, before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.InRange(time.tv_nsec, 0, 999_999_999);
    }

    // .NET's clock is the same one, in nanoseconds.
    [Fact]
    public void Read_Monotonic_IsStopwatchsClock()
    {
        var before = Stopwatch.GetElapsedTime(0);

        Assert.Equal(0, HostClock.Read(HostClock.Monotonic, out var time));

        Assert.InRange(TimeSpan.FromSeconds(time.tv_sec) + TimeSpan.FromMicroseconds(time.tv_nsec / 1000 + 1), before, Stopwatch.GetElapsedTime(0) + TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public void ReadResolution_Monotonic_IsUnderAMillisecondOrATick()
    {
        Assert.Equal(0, HostClock.ReadResolution(HostClock.Monotonic, out var resolution));

        Assert.Equal(0, resolution.tv_sec);
        Assert.InRange(resolution.tv_nsec, 1, 10_000_000);
    }

    [Fact]
    public void Read_NoSuchClock_IsEinval()
    {
        Assert.Equal(Errno.EINVAL.ToResult(), HostClock.Read(99, out var time));
        Assert.Equal(Errno.EINVAL.ToResult(), HostClock.ReadResolution(99, out _));
        Assert.Equal((0, 0), (time.tv_sec, time.tv_nsec));
    }
}
