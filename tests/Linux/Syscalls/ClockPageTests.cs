using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class ClockPageTests : IDisposable
{
    // The place of `clock` in struct program_info (guest/kernel/kernel.h).
    private const ulong ClockWord = MemoryLayout.ProgramInfo + (10 * sizeof(ulong)), Place = 0x3000;
    private const long Second = 1_000_000_000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 4 << 20));

    public ClockPageTests() => _memory.TryWrite(new GuestPhysAddr(ClockWord), Place);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Refresh_MachinesOwnTime_IsWhatTheCounterSaysForEver()
    {
        var clock = new VirtualClock();
        clock.Advance(5000);
        var vcpu = new FakeVcpu(0) { TimeStampFrequency = Second, TimeStamp = () => 700 + (ulong)clock.Now };

        new ClockPage(_memory, clock).Refresh(vcpu);

        Assert.Equal(VirtualClock.Uptime + 5000, Read(vcpu.ReadTimeStamp()));
        Assert.Equal(VirtualClock.Uptime + 5000 + (3600 * Second), Read(vcpu.ReadTimeStamp() + (3600UL * Second)));
        Assert.Equal(VirtualClock.Epoch - VirtualClock.Uptime, (long)Values().Realtime);
        Assert.Equal(0u, Values().Sequence & 1);
    }

    [Theory]
    [InlineData(3_000_000_000)]
    [InlineData(2_596_134_000)]
    [InlineData(700_000_000)]
    public void Refresh_HostsTime_IsTheHostsAndNeverGoesBack(long frequency)
    {
        // It counts a little faster than it is said to.
        var vcpu = new FakeVcpu(0) { TimeStampFrequency = frequency, TimeStamp = () => 12345 + (ulong)(Monotonic() / 1e9 * frequency * 1.00004) };
        var page = new ClockPage(_memory, clock: null);
        var last = 0L;
        for (var round = 0; round < 100; round++)
        {
            page.Refresh(vcpu);
            for (var look = 0; look < 50; look++)
            {
                var before = Monotonic();
                var stamp = vcpu.ReadTimeStamp();
                var now = Read(stamp);
                var after = Monotonic();

                // Too old to be asked.
                if (now == 0)
                {
                    page.Refresh(vcpu);
                    continue;
                }

                Assert.InRange(now, Math.Max(last, before - 100_000), after + 100_000);
                last = now;
            }

            Thread.Sleep(7);
        }
    }

    [Fact]
    public void Withdraw_Afterwards_OnlyTheSystemCallKnows()
    {
        var vcpu = new FakeVcpu(0) { TimeStampFrequency = Second, TimeStamp = () => (ulong)Monotonic() };
        var page = new ClockPage(_memory, clock: null);
        page.Refresh(vcpu);
        Assert.NotEqual(0UL, Values().Most);

        page.Withdraw();
        page.Refresh(vcpu);

        Assert.Equal(0UL, Values().Most);
    }

    [Theory]
    [InlineData(0, Place)]
    [InlineData(Second, 0)]
    [InlineData(Second, Place + 4)]
    [InlineData(Second, 0x40_0000)]
    public void Refresh_FrequencyOrPlaceIsNotKnown_WritesNothing(long frequency, ulong place)
    {
        _memory.TryWrite(new GuestPhysAddr(ClockWord), place);

        new ClockPage(_memory, clock: null).Refresh(new FakeVcpu(0) { TimeStampFrequency = frequency, TimeStamp = () => (ulong)Monotonic() });

        Assert.Equal(default, Values());
    }

    // As guest/vdso/vdso.c does; 0 when it would ask the host.
    private long Read(ulong stamp)
    {
        var page = Values();
        var passed = stamp - page.Stamp;
        return passed < page.Most ? (long)(page.Base + ((passed * page.Multiplier) >> (int)page.Shift)) : 0;
    }

    private Page Values() => _memory.TryRead(new GuestPhysAddr(Place), out Page page) ? page : default;

    private static long Monotonic()
    {
        HostClock.Read(HostClock.Monotonic, out timespec_t time);
        return (time.tv_sec * Second) + time.tv_nsec;
    }

    // struct clock_page of guest/include/vdso.h.
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Page(
        uint Sequence, uint Shift, ulong Stamp, ulong Most, ulong Multiplier, ulong Base, ulong Realtime, ulong BootTime);
}
