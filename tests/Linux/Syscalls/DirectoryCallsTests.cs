using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class DirectoryCallsTests : IDisposable
{
    private const int Directory = 0x1_0000;
    private const ulong Missing = 0x1000_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public DirectoryCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Chdir_ThenRelativePaths_AreFoundThere()
    {
        Assert.Equal("/", CurrentDirectory());
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("usr/bin")));
        Assert.Equal(("/usr/bin", "tool"), (CurrentDirectory(), _guest.Content("tool")));
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("../..")));
        Assert.Equal(0, _guest.Call(CallNumber.Fchdir, (ulong)_guest.Open("/work/sub", Directory)));
        Assert.Equal(("/work/sub", "file"), (CurrentDirectory(), _guest.Content("../file")));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Chdir, _guest.Put("/work/file")));
        Assert.Equal(Errno.ERANGE.ToResult(), _guest.Call(CallNumber.Getcwd, _guest.Room(16), 9));
    }

    [Theory]
    [InlineData("/secret", Errno.ENOENT)]
    [InlineData("/work/out", Errno.ENOENT)]
    [InlineData("/dev/null", Errno.ENOTDIR)]
    [InlineData("", Errno.ENOENT)]
    public void Chdir_WhatIsNoDirectory_StaysWhereItWas(string path, Errno expected)
    {
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("/work")));

        Assert.Equal((expected.ToResult(), "/work"), (_guest.Call(CallNumber.Chdir, _guest.Put(path)), CurrentDirectory()));
    }

    [Fact]
    public void Chdir_PathMissing_IsEfaultAndStaysWhereItWas() =>
        Assert.Equal((Errno.EFAULT.ToResult(), "/"), (_guest.Call(CallNumber.Chdir, Missing), CurrentDirectory()));

    [Fact]
    public void Fchdir_WhatIsNoDirectory_SaysWhy()
    {
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Fchdir, 99));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Fchdir, (ulong)_guest.Open("/work/file")));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Fchdir, _guest.Pipe().Reader));
        Assert.Equal("/", CurrentDirectory());
    }

    [Theory]
    [InlineData(0, Errno.ERANGE)]
    [InlineData(1, Errno.ERANGE)]
    [InlineData(2, Errno.EFAULT)]
    [InlineData(ulong.MaxValue, Errno.EFAULT)]
    public void Getcwd_BufferThatCannotHoldIt_SaysWhy(ulong size, Errno expected)
    {
        _guest.Map(Missing, 0x30_0000, PageTables.Present | PageTables.User);

        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Getcwd, Missing, size));
    }

    // The directory stays, but no call can name it any more.
    [Fact]
    public void Call_FromADirectoryWhosePathGrewByRenames_IsEnametoolong()
    {
        var name = new string('x', 250);
        var path = "/work/a";
        Assert.Equal(0, _guest.Call(CallNumber.Mkdir, _guest.Put(path), 0x1FF));
        for (var depth = 0; depth < 10; depth++)
        {
            path += "/" + name;
            Assert.Equal(0, _guest.Call(CallNumber.Mkdir, _guest.Put(path), 0x1FF));
        }

        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put(path)));
        var fd = (ulong)_guest.Open(path, Directory);
        var target = "/work";
        for (var depth = 0; depth < 7; depth++)
        {
            target += "/" + name;
            Assert.Equal(0, _guest.Call(CallNumber.Mkdir, _guest.Put(target), 0x1FF));
        }

        Assert.Equal(0, _guest.Call(CallNumber.Rename, _guest.Put("/work/a"), _guest.Put(target + "/a")));

        var tooLong = Errno.ENAMETOOLONG.ToResult();
        var buffer = _guest.Room(8192);
        Assert.Equal((tooLong, tooLong), (_guest.Call(CallNumber.Getcwd, buffer, 8192), _guest.Open("file")));
        Assert.Equal((tooLong, tooLong), (_guest.Call(CallNumber.Mkdirat, fd, _guest.Put("new"), 0x1FF), _guest.Call(CallNumber.Stat, _guest.Put("."), buffer)));
        Assert.Equal((tooLong, tooLong), (_guest.Call(CallNumber.Rename, _guest.Put("x"), _guest.Put("y")), _guest.Call(CallNumber.Chdir, _guest.Put(".."))));
        Assert.Equal(0, _guest.Call(CallNumber.Fstat, fd, buffer));
        Assert.Equal((0L, "/work"), (_guest.Call(CallNumber.Chdir, _guest.Put("/work")), CurrentDirectory()));

        // .NET could not remove it from there.
        Assert.Equal(0, _guest.Call(CallNumber.Rename, _guest.Put(target + "/a"), _guest.Put("/work/a")));
    }

    [Fact]
    public void Directory_ExchangedWithAnother_HasTheOthersPath()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Mkdir, _guest.Put("/work/other"), 0x1FF));
        Assert.Equal(0, _guest.Call(CallNumber.Chdir, _guest.Put("/work/sub")));
        Assert.Equal(0, _guest.Call(CallNumber.Renameat2, unchecked((ulong)-100), _guest.Put("/work/other"), unchecked((ulong)-100), _guest.Put("/work/sub"), 2));

        Assert.Equal("/work/other", CurrentDirectory());
    }

    private string CurrentDirectory()
    {
        var buffer = _guest.Room(64);
        return _guest.Text(buffer, _guest.Call(CallNumber.Getcwd, buffer, 64) - 1);
    }
}
