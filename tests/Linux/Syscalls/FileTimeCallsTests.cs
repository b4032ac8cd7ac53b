using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class FileTimeCallsTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const long Omit = 0x3FFF_FFFE;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public FileTimeCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Calls_EveryUnit_SetTheTimes()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Utime, _guest.Put("/work/file"), _guest.Put((1_000L, 2_000L))));
        Assert.Equal((Time(1_000), Time(2_000)), Times("work/file"));
        Assert.Equal(0, _guest.Call(CallNumber.Utimes, _guest.Put("/work/file"), Pair(3_000, 250_000, 4_000, 500_000)));
        Assert.Equal((Time(3_000.25), Time(4_000.5)), Times("work/file"));
        Assert.Equal(0, _guest.Call(CallNumber.Utimensat, Here, _guest.Put("/work/file"), Pair(5_000, 250_000_000, 6_000, 500_000_000), 0));
        Assert.Equal((Time(5_000.25), Time(6_000.5)), Times("work/file"));
    }

    [Theory]
    [InlineData(CallNumber.Utime)]
    [InlineData(CallNumber.Utimes)]
    public void Call_NoTimes_MeansNow(CallNumber id)
    {
        File.SetLastWriteTimeUtc(_folder["work/file"], Time(1_000));

        Assert.Equal(0, _guest.Call(id, _guest.Put("/work/file"), 0));
        Assert.True(Times("work/file").Written > Time(1_000_000));
    }

    [Fact]
    public void Utimensat_DescriptorAndNoPath_SetsTheFilesOwn()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Utimensat, (ulong)_guest.Open("/work/file"), 0, Pair(1_000, 0, 2_000, 0), 0));
        Assert.Equal((Time(1_000), Time(2_000)), Times("work/file"));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call(CallNumber.Utimensat, (ulong)_guest.Open("/usr/bin/tool"), 0, 0, 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Utimensat, 99, 0, 0, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Utimensat, (ulong)_guest.Open("/work/file"), 0, 0, 0x100));
    }

    [Fact]
    public void Utimensat_OmittedTime_KeepsIt()
    {
        _guest.Call(CallNumber.Utime, _guest.Put("/work/file"), _guest.Put((1_000L, 2_000L)));

        Assert.Equal(0, _guest.Call(CallNumber.Utimensat, Here, _guest.Put("/work/file"), Pair(7, Omit, 3_000, 0), 0));
        Assert.Equal((Time(1_000), Time(3_000)), Times("work/file"));
        Assert.Equal(0, _guest.Call(CallNumber.Utimensat, 99, _guest.Put("nowhere"), Pair(7, Omit, 7, Omit), 0));
    }

    [Theory]
    [InlineData(CallNumber.Utimes, 1_000_000)]
    [InlineData(CallNumber.Utimes, -1)]
    [InlineData(CallNumber.Utimes, long.MinValue)]
    [InlineData(CallNumber.Utimensat, 1_000_000_000)]
    [InlineData(CallNumber.Utimensat, -1)]
    [InlineData(CallNumber.Utimensat, long.MinValue)]
    public void Call_FractionThatIsNone_IsEinvalAndSetsNothing(CallNumber id, long fraction)
    {
        var before = Times("work/file");
        var path = _guest.Put("/work/file");
        var times = Pair(1_000, 0, 1_000, fraction);

        Assert.Equal(Errno.EINVAL.ToResult(), id == CallNumber.Utimes ? _guest.Call(id, path, times) : _guest.Call(id, Here, path, times));
        Assert.Equal(before, Times("work/file"));
    }

    [Fact]
    public void Call_AddressMissing_IsEfaultAndSetsNothing()
    {
        const ulong Missing = 0x1000_0000;
        var before = Times("work/file");

        Assert.All(
            [CallNumber.Utime, CallNumber.Utimes],
            id => Assert.Equal((Errno.EFAULT.ToResult(), Errno.EFAULT.ToResult()), (_guest.Call(id, _guest.Put("/work/file"), Missing), _guest.Call(id, Missing, 0))));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Utimensat, Here, _guest.Put("/work/file"), Missing, 0));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Utimensat, Here, 0, 0, 0));
        Assert.Equal(before, Times("work/file"));
    }

    [Theory]
    [InlineData("/usr/bin/tool", 0, Errno.EROFS)]
    [InlineData("/work/deep/motd", 0, Errno.EROFS)]
    [InlineData("/usr", 0, Errno.EROFS)]
    [InlineData("/dev/null", 0, Errno.EROFS)]
    [InlineData("/work/missing", 0, Errno.ENOENT)]
    [InlineData("/work/out", 0, Errno.ENOENT)]
    [InlineData("/work/out", 0x100, Errno.None)]
    [InlineData("/work/file", 1, Errno.EINVAL)]
    public void Utimensat_Path_SaysWhetherItsTimesMayChange(string path, ulong flags, Errno expected)
    {
        var before = (Times("bin/tool"), Times("motd"), Times("secret"));

        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Utimensat, Here, _guest.Put(path), Pair(1_000, 0, 1_000, 0), flags));
        Assert.Equal(before, (Times("bin/tool"), Times("motd"), Times("secret")));
    }

    private static DateTime Time(double seconds) => DateTime.UnixEpoch.AddSeconds(seconds);

    private (DateTime Read, DateTime Written) Times(string name) =>
        (File.GetLastAccessTimeUtc(_folder[name]), File.GetLastWriteTimeUtc(_folder[name]));

    private ulong Pair(long seconds, long fraction, long otherSeconds, long otherFraction) => _guest.Put<(timespec_t, timespec_t)>(
        (new() { tv_sec = seconds, tv_nsec = fraction }, new() { tv_sec = otherSeconds, tv_nsec = otherFraction }));
}
