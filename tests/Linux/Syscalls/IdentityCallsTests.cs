using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class IdentityCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000, Same = uint.MaxValue;

    private readonly SyscallGuest _guest = new([]);

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData("setuid", 0, 0, Errno.None)]
    [InlineData("setuid", 1000, 0, Errno.EPERM)]
    [InlineData("setuid", Same, 0, Errno.EINVAL)]
    [InlineData("setgid", 0, 0, Errno.None)]
    [InlineData("setgid", 5, 0, Errno.EPERM)]
    [InlineData("setreuid", Same, 0, Errno.None)]
    [InlineData("setreuid", 0, 7, Errno.EPERM)]
    [InlineData("setregid", ulong.MaxValue, 0, Errno.None)]
    [InlineData("setresuid", 0, Same, Errno.None)]
    [InlineData("setresgid", 0, 9, Errno.EPERM)]
    [InlineData("setfsuid", 9, 0, Errno.None)]
    [InlineData("setsid", 0, 0, Errno.EPERM)]
    [InlineData("setpgid", 0, 0, Errno.EPERM)]
    [InlineData("setpgid", 1, 1, Errno.EPERM)]
    [InlineData("setpgid", 77, 0, Errno.ESRCH)]
    [InlineData("setpgid", 0, ulong.MaxValue, Errno.EINVAL)]
    public void Set_Identity_IsOnesOwnOrRefused(string name, ulong first, ulong second, Errno expected) =>
        Assert.Equal(expected.ToResult(), Call(name, first, second));

    [Theory]
    [InlineData("getresuid")]
    [InlineData("getresgid")]
    public void Getresuid_IsRoot(string name)
    {
        var ids = _guest.Put([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);

        Assert.Equal(0, Call(name, ids, ids + 4, ids + 8));
        Assert.Equal(new byte[12], _guest.Bytes(ids, 12).ToArray());
        Assert.Equal(Errno.EFAULT.ToResult(), Call(name, ids, Missing, ids));
    }

    [Fact]
    public void Setgroups_Groups_AreKeptInOrder()
    {
        var groups = _guest.Room(12);
        Assert.Equal(0, Call("getgroups", 0, 0));

        Assert.Equal(0, Call("setgroups", 3, _guest.Put([7, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0])));

        Assert.Equal((3L, 3L), (Call("getgroups", 0, 0), Call("getgroups", 10, groups)));
        Assert.Equal([1u, 5u, 7u], new[] { _guest.Get<uint>(groups), _guest.Get<uint>(groups + 4), _guest.Get<uint>(groups + 8) });
        Assert.Equal(Errno.EINVAL.ToResult(), Call("getgroups", 2, groups));
        Assert.Equal(Errno.EINVAL.ToResult(), Call("getgroups", ulong.MaxValue, groups));
        Assert.Equal(Errno.EFAULT.ToResult(), Call("getgroups", 3, Missing));
        Assert.Equal(Errno.EFAULT.ToResult(), Call("setgroups", 3, Missing));
        Assert.Equal(Errno.EINVAL.ToResult(), Call("setgroups", 65_537, groups));
        Assert.Equal((0L, 0L), (Call("setgroups", 0, 0), Call("getgroups", 0, 0)));
    }

    [Fact]
    public void Personality_IsKept() =>
        Assert.Equal((0L, 0L, 0x40000L), (Call("personality", Same), Call("personality", 0x40000), Call("personality", Same)));

    [Theory]
    [InlineData(0x1998_0330u, 3)]
    [InlineData(0x2007_1026u, 6)]
    [InlineData(0x2008_0522u, 6)]
    public void Capget_KnownVersion_HasNone(uint version, int words)
    {
        var header = _guest.Put<ulong>(version);
        var sets = _guest.Put(Enumerable.Repeat((byte)0xFF, 28).ToArray());

        Assert.Equal(0, Call("capget", header, sets));
        Assert.Equal(Enumerable.Repeat((byte)0, 4 * words).Concat(Enumerable.Repeat((byte)0xFF, 28 - (4 * words))), _guest.Bytes(sets, 28).ToArray());
        Assert.Equal(0, Call("capset", header, sets));
        _guest.Bytes(sets, 4)[0] = 1;
        Assert.Equal(Errno.EPERM.ToResult(), Call("capset", header, sets));
        Assert.Equal(Errno.EFAULT.ToResult(), Call("capset", header, Missing));
    }

    [Fact]
    public void Capget_UnknownVersion_IsToldTheNewest()
    {
        var (header, other) = (_guest.Put(5UL), _guest.Put((77UL << 32) | 0x2008_0522));

        Assert.Equal(Errno.EINVAL.ToResult(), Call("capget", header, _guest.Room(24)));
        Assert.Equal(0x2008_0522u, _guest.Get<uint>(header));
        Assert.Equal(Errno.ESRCH.ToResult(), Call("capget", other, _guest.Room(24)));
        Assert.Equal(Errno.EPERM.ToResult(), Call("capset", other, _guest.Room(24)));
        Assert.Equal((0L, Errno.EFAULT.ToResult()), (Call("capget", _guest.Put(5UL), 0), Call("capget", Missing, 0)));
    }

    private long Call(string name, params ReadOnlySpan<ulong> arguments) => _guest.Call((CallNumber)SyscallNames.NumberOf(name), arguments);
}
