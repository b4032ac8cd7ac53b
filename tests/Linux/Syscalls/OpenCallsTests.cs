using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>What opens around the mappings, and that nothing else does.</summary>
public sealed class OpenCallsTests : IDisposable
{
    private const int Directory = 0x1_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public OpenCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/secret", Errno.ENOENT)]
    [InlineData("/work/../secret", Errno.ENOENT)]
    [InlineData("/work/out", Errno.ENOENT)]
    [InlineData("/work/abs", Errno.ENOENT)]
    [InlineData("/etc/passwd", Errno.ENOENT)]
    [InlineData("/usr/lib", Errno.ENOENT)]
    [InlineData("/dev/null/x", Errno.ENOTDIR)]
    [InlineData("/dev/null/", Errno.ENOTDIR)]
    [InlineData("/work/file/", Errno.ENOTDIR)]
    [InlineData("/dev/tty", Errno.ENXIO)]
    [InlineData("", Errno.ENOENT)]
    [InlineData("/proc/self/mem", Errno.ENOENT)]
    public void Open_WhatIsNotThere_SaysWhy(string path, Errno expected) => Assert.Equal(expected.ToResult(), _guest.Open(path));

    [Theory]
    [InlineData("/usr/bin/tool", 1, Errno.EROFS)]
    [InlineData("/usr/bin/tool", 0x200, Errno.EROFS)]
    [InlineData("/usr/bin/tool", 0xC0, Errno.EEXIST)]
    [InlineData("/usr/bin/new", 0x41, Errno.EROFS)]
    [InlineData("/usr/bin/new", 1, Errno.ENOENT)]
    [InlineData("/usr/bin", 1, Errno.EISDIR)]
    [InlineData("/usr", 1, Errno.EISDIR)]
    [InlineData("/usr/new", 0x41, Errno.EROFS)]
    public void Open_ForChangeWhereNothingMayChange_SaysWhy(string path, int flags, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Open(path, flags));

    [Fact]
    public void Open_CreateOfWhatExistsReadOnly_OpensIt() => Assert.True(_guest.Open("/usr/bin/tool", 0x40) >= 0);

    [Fact]
    public void Openat_RelativeToADirectory_FollowsItsRename()
    {
        var fd = (ulong)_guest.Open("/work/sub", Directory);
        Assert.Equal(0, _guest.Call(CallNumber.Rename, _guest.Put("/work/sub"), _guest.Put("/work/moved")));

        Assert.True(_guest.Call(CallNumber.Openat, fd, _guest.Put("new"), 0x42, 0x1A4) >= 0);
        Assert.True(File.Exists(_folder["work/moved/new"]));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Openat, (ulong)_guest.Open("/work/file"), _guest.Put("x"), 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Openat, 99, _guest.Put("x"), 0));
    }

    [Fact]
    public void Open_NamesTooLong_IsEnametoolong()
    {
        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), _guest.Open("/work/" + new string('x', 256), 0x42));
        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), _guest.Open("/" + new string('x', 4096)));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Open("/work/" + new string('x', 255)));
    }
}
