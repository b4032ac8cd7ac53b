using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class TimeAndSystemCallTests : IDisposable
{
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
    [InlineData(CallNumber.Getrlimit, 16)]
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

    [Fact]
    public void Uname_IsLinux()
    {
        var names = _guest.Room(390);
        Assert.Equal(0, _guest.Call(CallNumber.Uname, names));
        Assert.Equal(["Linux", "kvmactors", "6.1.0-kvmactors", "#1 KvmActors", "x86_64", "(none)"],
            Enumerable.Range(0, 6).Select(index => _guest.Text(names + ((ulong)index * 65), 65).TrimEnd('\0')));
    }

    [Fact]
    public void Sysinfo_ShowsTheGuestsMemory()
    {
        var address = _guest.Room(112);
        Assert.Equal(0, _guest.Call(CallNumber.Sysinfo, address));
        Assert.Equal((4UL << 20, 1u), (_guest.Get<sysinfo_t>(address).totalram, _guest.Get<sysinfo_t>(address).mem_unit));
    }

    [Fact]
    public void Prlimit64_Limits_AreKept()
    {
        var old = _guest.Room(16);
        Assert.Equal(0, _guest.Call(CallNumber.Prlimit64, 0, 3, _guest.Put(new rlimit64_t { rlim_cur = 1 << 20, rlim_max = 2 << 20 }), old));
        Assert.Equal((8UL << 20, ulong.MaxValue), (_guest.Get<rlimit64_t>(old).rlim_cur, _guest.Get<rlimit64_t>(old).rlim_max));
        Assert.Equal(Errno.EPERM.ToResult(), _guest.Call(CallNumber.Setrlimit, 3, _guest.Put(new rlimit64_t { rlim_cur = 1, rlim_max = 3 << 20 })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Setrlimit, 3, _guest.Put(new rlimit64_t { rlim_cur = 2, rlim_max = 1 })));
        Assert.Equal((0L, 67UL), (_guest.Call(CallNumber.Getrlimit, 7, old), _guest.Get<rlimit64_t>(old).rlim_cur));
        Assert.Equal(Errno.ESRCH.ToResult(), _guest.Call(CallNumber.Prlimit64, 77, 3, 0, old));
    }

    [Fact]
    public void SchedGetaffinity_IsOneProcessor()
    {
        var mask = _guest.Put(ulong.MaxValue);
        Assert.Equal((8L, 1UL), (_guest.Call(CallNumber.SchedGetaffinity, 0, 128, mask), _guest.Get<ulong>(mask)));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.SchedGetaffinity, 0, 7, mask));
    }

    [Fact]
    public void Getrandom_Bytes_AreThereAndFlagsChecked()
    {
        var buffer = _guest.Room(256);
        Assert.Equal(256, _guest.Call(CallNumber.Getrandom, buffer, 256, 1));
        Assert.True(_guest.Bytes(buffer, 256).ToArray().Distinct().Count() > 50);
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Getrandom, buffer, 1, 8));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Getrandom, buffer, 1, 6));
    }

    // Nothing a guest passes may throw.
    [Fact]
    public void Calls_ArgumentsAtRandom_NeverThrow()
    {
        using var folder = new TempFolder();
        folder.AddFile("file", "content");
        using var guest = SyscallGuest.With(folder, limits: new() { BytesWritten = 1 << 20 });
        var random = new Random(7);
        ulong[] values =
            [0, 1, 2, 3, 4, 5, 0xFFFF_FF9C, ulong.MaxValue, SyscallGuest.User, SyscallGuest.User + 100, SyscallGuest.User + SyscallGuest.UserBytes - 3, 0x1000_0000, 1UL << 47, 4096, 0x7FFF_FFFF, 1UL << 31, 1UL << 63];
        var ids = Enum.GetValues<CallNumber>().Where(id => id < CallNumber.Zero).ToArray();
        string[] paths = ["/data/file", "/data/new", "/data", "/dev/zero", "file", "", "/data/.", "..", "/data/file/", "/proc/self/exe"];
        for (var index = 0; index < 200_000; index++)
        {
            if (index % 50 == 0)
            {
                guest.Rewind();
                guest.Put(paths[random.Next(paths.Length)]);
            }

            var id = ids[random.Next(ids.Length)];
            guest.Call(id, Value(), Value(), Value(), Value(), Value(), Value());
        }

        // Names that are no text of any encoding are beyond .NET.
        using var remove = System.Diagnostics.Process.Start("find", [folder.Root, "-mindepth", "1", "-maxdepth", "1", "-exec", "rm", "-rf", "{}", "+"]);
        remove.WaitForExit();

        ulong Value() => random.Next(4) == 0 ? (ulong)random.NextInt64() >> random.Next(64) : values[random.Next(values.Length)];
    }

    private static Int128 Total(timespec_t time) => (Int128)time.tv_sec * 1_000_000_000 + time.tv_nsec;
}
