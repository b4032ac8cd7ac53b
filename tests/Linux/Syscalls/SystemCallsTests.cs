using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SystemCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000;

    private readonly SyscallGuest _guest = new([]);

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(CallNumber.Getrlimit, 16)]
    public void Call_NoSuchThing_IsEinval(CallNumber id, ulong first) =>
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(id, first, SyscallGuest.User, SyscallGuest.User));

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
    public void Setrlimit_OpenFiles_IsFollowed()
    {
        using var guest = new SyscallGuest([], new FileLimits { OpenFiles = 61, FirstDescriptorLimit = 8 });
        var limit = guest.Room(16);

        Assert.Equal((0L, 8UL, 64UL), (guest.Call(CallNumber.Getrlimit, 7, limit), guest.Get<rlimit64_t>(limit).rlim_cur, guest.Get<rlimit64_t>(limit).rlim_max));
        Assert.Equal((7L, Errno.EBADF.ToResult()), (guest.Call(CallNumber.Dup2, 0, 7), guest.Call(CallNumber.Dup2, 0, 8)));
        Assert.Equal(Errno.EINVAL.ToResult(), guest.Call(CallNumber.Fcntl, 0, 0, 8));
        Assert.Equal([3L, 4L, 5L, 6L, Errno.EMFILE.ToResult()], Enumerable.Range(0, 5).Select(_ => guest.Call(CallNumber.Dup, 0)));
        Assert.Equal(Errno.EMFILE.ToResult(), guest.Open("/dev/null"));

        Assert.Equal(0, guest.Call(CallNumber.Setrlimit, 7, guest.Put(new rlimit64_t { rlim_cur = 64, rlim_max = 64 })));
        Assert.Equal((8L, 63L), (guest.Open("/dev/null"), guest.Call(CallNumber.Dup2, 0, 63)));
        Assert.Equal(Errno.EPERM.ToResult(), guest.Call(CallNumber.Setrlimit, 7, guest.Put(new rlimit64_t { rlim_cur = 64, rlim_max = 65 })));

        // What is open stays open, and a limit that was given up does not come back.
        Assert.Equal(0, guest.Call(CallNumber.Prlimit64, 0, 7, guest.Put(new rlimit64_t { rlim_cur = 1, rlim_max = 5 })));
        Assert.Equal((Errno.EMFILE.ToResult(), 0L), (guest.Call(CallNumber.Dup, 63), guest.Call(CallNumber.Close, 63)));
        Assert.Equal(Errno.EPERM.ToResult(), guest.Call(CallNumber.Setrlimit, 7, guest.Put(new rlimit64_t { rlim_cur = 6, rlim_max = 6 })));
        Assert.Equal(0, guest.Call(CallNumber.CloseRange, 3, uint.MaxValue, 0));
        Assert.Equal(Errno.EBADF.ToResult(), guest.Call(CallNumber.Fstat, 8, limit));
    }

    [Fact]
    public void SchedGetaffinity_IsOneProcessor()
    {
        var mask = _guest.Put(ulong.MaxValue);
        Assert.Equal((8L, 1UL), (_guest.Call(CallNumber.SchedGetaffinity, 0, 128, mask), _guest.Get<ulong>(mask)));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.SchedGetaffinity, 0, 7, mask));
    }

    [Theory]
    [InlineData(CallNumber.Uname, Missing, 0, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Sysinfo, Missing, 0, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Getrlimit, 3, Missing, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Setrlimit, 3, 0, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Setrlimit, 3, Missing, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Setrlimit, uint.MaxValue, Missing, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Prlimit64, ulong.MaxValue, 3, 0, Errno.ESRCH)]
    [InlineData(CallNumber.SchedGetaffinity, 0, 8, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.SchedGetaffinity, 77, 8, SyscallGuest.User, Errno.ESRCH)]
    [InlineData(CallNumber.SchedGetaffinity, 0, 1UL << 32, SyscallGuest.User, Errno.EINVAL)]
    [InlineData(CallNumber.Getcpu, Missing, 0, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Getcpu, SyscallGuest.User, Missing, 0, Errno.EFAULT)]
    public void Call_ArgumentThatIsNone_SaysWhy(CallNumber id, ulong first, ulong second, ulong third, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(id, first, second, third));

    [Fact]
    public void Prlimit64_OldLimitCannotBeWritten_KeepsIt()
    {
        var address = _guest.Put(new rlimit64_t { rlim_cur = 1, rlim_max = 2 });

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Prlimit64, 0, 3, address, Missing));
        Assert.Equal((0L, 8UL << 20), (_guest.Call(CallNumber.Getrlimit, 3, address), _guest.Get<rlimit64_t>(address).rlim_cur));
    }

    [Fact]
    public void Getcpu_IsTheFirst()
    {
        var (processor, node) = (_guest.Put(7), _guest.Put(7));

        Assert.Equal((0L, 0, 0), (_guest.Call(CallNumber.Getcpu, processor, node), _guest.Get<int>(processor), _guest.Get<int>(node)));
        Assert.Equal(0, _guest.Call(CallNumber.Getcpu, 0, 0));
    }
}
