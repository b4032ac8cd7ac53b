using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class TimeCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000;

    private readonly SyscallGuest _guest = new([]);

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void ClockGettime_HostsClocks_ShowTheHostsTime(int clock)
    {
        var address = _guest.Room(16);
        HostClock.Read(clock, out var before);
        Assert.Equal(0, _guest.Call(CallNumber.ClockGettime, (ulong)clock, address));
        HostClock.Read(clock, out var after);

        Assert.InRange(Total(_guest.Get<timespec_t>(address)), Total(before), Total(after));
    }

    [Theory]
    [InlineData(CallNumber.ClockGettime, 12)]
    [InlineData(CallNumber.ClockGettime, 10)]
    [InlineData(CallNumber.ClockGettime, ulong.MaxValue)]
    [InlineData(CallNumber.ClockGetres, 99)]
    [InlineData(CallNumber.ClockNanosleep, 3)]
    [InlineData(CallNumber.Getrusage, 7)]
    public void Call_NoSuchThing_IsEinval(CallNumber id, ulong first) =>
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(id, first, SyscallGuest.User, SyscallGuest.User));

    [Fact]
    public void Nanosleep_ATime_IsAskedFor()
    {
        Assert.Equal(new CallOutcome(0, new VcpuWait(2_000_000_003)), _guest.Serve(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = 2, tv_nsec = 3 })));
        Assert.Equal(new CallOutcome(0), _guest.Serve(CallNumber.ClockNanosleep, 1, 1, _guest.Put(new timespec_t { tv_sec = 1 })));
        Assert.Equal(new CallOutcome(0, new VcpuWait(long.MaxValue)), _guest.Serve(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = long.MaxValue })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_nsec = 1_000_000_000 })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = -1 })));
    }

    [Theory]
    [InlineData(CallNumber.ClockGettime, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.ClockGetres, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.ClockGetres, 0, 0, Errno.None)]
    [InlineData(CallNumber.Gettimeofday, Missing, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Gettimeofday, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.Gettimeofday, 0, 0, Errno.None)]
    [InlineData(CallNumber.Time, Missing, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Times, Missing, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Getrusage, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.ClockSettime, 0, Missing, Errno.EPERM)]
    [InlineData(CallNumber.ClockSettime, 99, Missing, Errno.EINVAL)]
    public void Call_Arguments_AreCheckedAndTaken(CallNumber id, ulong first, ulong second, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(id, first, second));

    [Fact]
    public void Nanosleep_TimeMissing_IsEfaultAndWaitsForNothing()
    {
        var outcome = _guest.Serve(CallNumber.Nanosleep, Missing);

        Assert.Equal((Errno.EFAULT.ToResult(), null), (outcome.Result, outcome.Wait));
    }

    [Fact]
    public void Time_IsTheHostsInTheResultAndInMemory()
    {
        var address = _guest.Room(8);
        HostClock.Read(HostClock.Realtime, out var before);
        var time = _guest.Call(CallNumber.Time, address);
        HostClock.Read(HostClock.Realtime, out var after);

        Assert.InRange(time, before.tv_sec, after.tv_sec);
        Assert.Equal(time, _guest.Get<long>(address));
    }

    [Fact]
    public void Getrusage_OfChildren_IsNothing()
    {
        var usage = _guest.Room(144);

        Assert.Equal(0, _guest.Call(CallNumber.Getrusage, ulong.MaxValue, usage));
        Assert.Equal((0L, 0L), (_guest.Get<rusage_t>(usage).ru_utime.tv_sec, _guest.Get<rusage_t>(usage).ru_utime.tv_usec));
    }

    private static Int128 Total(timespec_t time) => (Int128)time.tv_sec * 1_000_000_000 + time.tv_nsec;
}
