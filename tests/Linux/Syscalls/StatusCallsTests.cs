using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class StatusCallsTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public StatusCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/", 0x416D)]
    [InlineData("/usr", 0x416D)]
    [InlineData("/work/deep", 0x416D)]
    [InlineData("/dev/null", 0x21B6)]
    [InlineData("/proc/self/exe", 0x81A4)]
    public void Stat_WhatIsNotTheHosts_HasAMode(string path, int mode) => Assert.Equal((0L, (uint)mode), _guest.Mode(CallNumber.Stat, path));

    [Fact]
    public void Exe_IsALinkToTheProgram()
    {
        var buffer = _guest.Room(64);
        var length = _guest.Call(CallNumber.Readlink, _guest.Put("/proc/self/exe"), buffer, 64);

        Assert.Equal("/usr/bin/tool", _guest.Text(buffer, length));
        Assert.Equal((0L, 0xA1FFu), _guest.Mode(CallNumber.Lstat, "/proc/self/exe"));
        Assert.Equal("tool", _guest.Content("/proc/self/exe"));
    }

    [Fact]
    public void Newfstatat_EmptyPath_IsTheDescriptors()
    {
        var fd = (ulong)_guest.Open("/work/file");
        var status = _guest.Room(144);

        Assert.Equal(0, _guest.Call(CallNumber.Newfstatat, fd, _guest.Put(""), status, 0x1000));
        Assert.Equal(4, _guest.Get<stat_t>(status).st_size);
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.Newfstatat, fd, _guest.Put(""), status, 0));
        Assert.Equal(0, _guest.Call(CallNumber.Statx, fd, _guest.Put(""), 0x1000, 0x7FF, _guest.Room(256)));
    }

    [Fact]
    public void Call_AddressMissing_IsEfault()
    {
        const ulong Missing = 0x1000_0000;
        var file = _guest.Put("/work/file");

        Assert.All(
            [CallNumber.Stat, CallNumber.Lstat, CallNumber.Statfs],
            id => Assert.Equal((Errno.EFAULT.ToResult(), Errno.EFAULT.ToResult()), (_guest.Call(id, Missing, file), _guest.Call(id, file, Missing))));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Access, Missing, 0));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Readlink, _guest.Put("/work/out"), Missing, 64));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Statx, Here, file, 0, 0x7FF, Missing));
    }

    [Theory]
    [InlineData(CallNumber.Newfstatat, 0, 0x10, Errno.EINVAL)]
    [InlineData(CallNumber.Statx, 0x6000, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Statx, 0, 0x8000_0000, Errno.EINVAL)]
    [InlineData(CallNumber.Faccessat2, 8, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Faccessat2, 0, 0x10, Errno.EINVAL)]
    [InlineData(CallNumber.Readlinkat, SyscallGuest.User, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Readlinkat, SyscallGuest.User, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(CallNumber.Readlinkat, SyscallGuest.User, 64, Errno.EINVAL)]
    public void Call_ValueThatIsNone_SaysWhy(CallNumber id, ulong third, ulong fourth, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(id, Here, _guest.Put("/work/file"), third, fourth));

    [Theory]
    [InlineData(CallNumber.Newfstatat)]
    [InlineData(CallNumber.Statx)]
    [InlineData(CallNumber.Faccessat)]
    public void Call_NumberThatIsNotOpen_IsEbadf(CallNumber id) =>
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, 99, _guest.Put("file"), 0, 0));

    [Theory]
    [InlineData("/work/file", 6, Errno.None)]
    [InlineData("/usr/bin/tool", 4, Errno.None)]
    [InlineData("/usr/bin/tool", 2, Errno.EROFS)]
    [InlineData("/usr", 2, Errno.EROFS)]
    [InlineData("/dev/null", 2, Errno.None)]
    [InlineData("/secret", 0, Errno.ENOENT)]
    [InlineData("/work/out", 0, Errno.ENOENT)]
    public void Access_Mappings_AllowWhatTheySay(string path, ulong mode, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Access, _guest.Put(path), mode));

    [Fact]
    public void Readlink_SmallBuffer_TakesTheStart()
    {
        var buffer = _guest.Room(16);

        Assert.Equal((9L, "../secret"), (_guest.Call(CallNumber.Readlink, _guest.Put("/work/out"), buffer, 16), _guest.Text(buffer, 9)));
        Assert.Equal(4, _guest.Call(CallNumber.Readlink, _guest.Put("/work/abs"), buffer, 4));
        Assert.Equal("/etcecret", _guest.Text(buffer, 9));
    }

    [Fact]
    public void Lstat_LinkThatLeadsOut_IsTheLink()
    {
        Assert.Equal((0L, 0xA1FFu), _guest.Mode(CallNumber.Lstat, "/work/out"));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Mode(CallNumber.Stat, "/work/out").Result);
    }
}
