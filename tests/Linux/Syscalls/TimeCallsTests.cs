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
        // The coarse ones are as fine as the others.
        var shown = clock is 5 or 6 ? clock - 5 : clock;
        var address = _guest.Room(16);
        HostClock.Read(shown, out var before);
        Assert.Equal(0, _guest.Call(CallNumber.ClockGettime, (ulong)clock, address));
        HostClock.Read(shown, out var after);

        Assert.InRange(Total(_guest.Get<timespec_t>(address)), Total(before), Total(after));
    }

    [Theory]
    [InlineData(0, VirtualClock.Epoch)]
    [InlineData(1, VirtualClock.Uptime)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, VirtualClock.Uptime)]
    [InlineData(5, VirtualClock.Epoch)]
    [InlineData(7, VirtualClock.Uptime)]
    [InlineData(11, VirtualClock.Epoch)]
    public void ClockGettime_MachinesOwnTime_ShowsThat(int clock, long atTheBeginning)
    {
        var time = new VirtualClock();
        using var guest = new SyscallGuest([], clock: time);
        var address = guest.Room(16);
        time.Advance(3_000_000_007);

        Assert.Equal(0, guest.Call(CallNumber.ClockGettime, (ulong)clock, address));
        Assert.Equal((Int128)atTheBeginning + 3_000_000_007, Total(guest.Get<timespec_t>(address)));
        Assert.Equal(0, guest.Call(CallNumber.ClockGetres, (ulong)clock, address));
        Assert.Equal((Int128)1, Total(guest.Get<timespec_t>(address)));
    }

    [Fact]
    public void Time_MachinesOwnTime_IsTheSameInAllCalls()
    {
        const long Seconds = VirtualClock.Epoch / 1_000_000_000;
        var time = new VirtualClock();
        using var guest = new SyscallGuest([], clock: time);
        var address = guest.Room(64);
        time.Advance(5_250_000_000);

        Assert.Equal(Seconds + 5, guest.Call(CallNumber.Time, 0));
        Assert.Equal(0, guest.Call(CallNumber.Gettimeofday, address, 0));
        Assert.Equal((Seconds + 5, 250_000L), (guest.Get<timeval_t>(address).tv_sec, guest.Get<timeval_t>(address).tv_usec));
        Assert.Equal(625, guest.Call(CallNumber.Times, address));
        Assert.Equal(525, guest.Get<tms_t>(address).tms_utime);
        Assert.Equal(0, guest.Call(CallNumber.Getrusage, 0, address));
        Assert.Equal(5, guest.Get<rusage_t>(address).ru_utime.tv_sec);
        Assert.Equal(
            new CallOutcome(0, new VcpuWait(750_000_000), IsRetried: true),
            guest.Serve(CallNumber.ClockNanosleep, 0, 1, guest.Put(new timespec_t { tv_sec = Seconds + 6 })));
    }

    [Fact]
    public void Getrandom_OfASeed_IsTheSameEachTime()
    {
        static byte[] Draw(ulong seed)
        {
            var random = new GuestRandom();
            random.Restart(seed);
            using var guest = new SyscallGuest([], random: random);
            var address = guest.Room(32);
            Assert.Equal(20, guest.Call(CallNumber.Getrandom, address, 20));
            return [.. guest.Get<Guid>(address).ToByteArray(), .. BitConverter.GetBytes(guest.Get<uint>(address + 16))];
        }

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Theory]
    [InlineData(CallNumber.ClockGettime, 12)]
    [InlineData(CallNumber.ClockGettime, 10)]
    [InlineData(CallNumber.ClockGettime, ulong.MaxValue)]
    [InlineData(CallNumber.ClockGetres, 99)]
    [InlineData(CallNumber.ClockNanosleep, 99)]
    [InlineData(CallNumber.Getrusage, 7)]
    public void Call_NoSuchThing_IsEinval(CallNumber id, ulong first) =>
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(id, first, SyscallGuest.User, SyscallGuest.User));

    [Fact]
    public void Nanosleep_ATime_IsAskedFor()
    {
        Assert.Equal(new CallOutcome(0, new VcpuWait(2_000_000_003), IsRetried: true), _guest.Serve(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = 2, tv_nsec = 3 })));
        Assert.Equal(new CallOutcome(0), _guest.Serve(CallNumber.ClockNanosleep, 1, 1, _guest.Put(new timespec_t { tv_sec = 1 })));
        Assert.Equal(new CallOutcome(0, new VcpuWait(long.MaxValue), IsRetried: true), _guest.Serve(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = long.MaxValue })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_nsec = 1_000_000_000 })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = -1 })));
    }

    [Fact]
    public void Nanosleep_WokenEarly_WaitsForTheRestAndWritesItWhenInterrupted()
    {
        var rest = _guest.Room(16);
        var thread = _guest.Thread(1).Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = 2 }), rest);

        Assert.Equal(new VcpuWait(1_500_000_000), thread.Again(500_000_000).Wait);
        Assert.Equal(Errno.ERESTARTNOHAND.ToResult(), thread.Interrupt(750_000_000));
        Assert.Equal((1L, 250_000_000L), (_guest.Get<timespec_t>(rest).tv_sec, _guest.Get<timespec_t>(rest).tv_nsec));
        Assert.Equal(0, thread.Call(CallNumber.Nanosleep, _guest.Put(new timespec_t { tv_sec = 2 }), rest).Again(2_000_000_000).Result);
        Assert.False(thread.IsWaiting);
    }

    [Theory]
    [InlineData(0, VirtualClock.Epoch)]
    [InlineData(1, VirtualClock.Uptime)]
    [InlineData(7, VirtualClock.Uptime)]
    public void ClockNanosleep_Absolute_LooksAtItsClockAndLeavesTheRestAlone(ulong clock, long beginning)
    {
        var time = new VirtualClock();
        using var guest = new SyscallGuest([], clock: time);
        var rest = guest.Put(77L);
        var until = guest.Put(new timespec_t { tv_sec = (beginning / 1_000_000_000) + 1 });
        var thread = guest.Thread(1).Call(CallNumber.ClockNanosleep, clock, 1, until, rest);
        time.Advance(400_000_000);

        Assert.Equal(new VcpuWait(600_000_000), thread.Again(400_000_000).Wait);
        Assert.Equal(Errno.ERESTARTNOHAND.ToResult(), thread.Interrupt(400_000_000));
        Assert.Equal(77L, guest.Get<long>(rest));
    }

    // As Linux 6 answers where there is no real-time clock's hardware.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    public void ClockNanosleep_ClockWithoutTimers_IsEopnotsupp(ulong clock) =>
        Assert.Equal(Errno.EOPNOTSUPP.ToResult(), _guest.Call(CallNumber.ClockNanosleep, clock, 0, Missing));

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
