using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class PathCallsTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public PathCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(CallNumber.Mkdir, "/usr/bin/new", Errno.EROFS)]
    [InlineData(CallNumber.Mkdir, "/usr/bin/tool", Errno.EEXIST)]
    [InlineData(CallNumber.Mkdir, "/usr", Errno.EEXIST)]
    [InlineData(CallNumber.Mkdir, "/new", Errno.EROFS)]
    [InlineData(CallNumber.Mkdir, "/new/x", Errno.ENOENT)]
    [InlineData(CallNumber.Mkdir, "/work/deep", Errno.EEXIST)]
    [InlineData(CallNumber.Unlink, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Rmdir, "/usr/bin", Errno.EBUSY)]
    [InlineData(CallNumber.Rmdir, "/work", Errno.EBUSY)]
    [InlineData(CallNumber.Rmdir, "/work/deep", Errno.EBUSY)]
    [InlineData(CallNumber.Unlink, "/dev/null", Errno.EROFS)]
    public void Change_WhereNothingMayChange_SaysWhy(CallNumber id, string path, Errno expected)
    {
        Assert.Equal(expected.ToResult(), _guest.Call(id, _guest.Put(path)));
        Assert.True(File.Exists(_folder["bin/tool"]));
    }

    [Fact]
    public void Rename_BetweenMappings_IsExdev() => Assert.Equal(
        Errno.EXDEV.ToResult(), _guest.Call(CallNumber.Rename, _guest.Put("/work/file"), _guest.Put("/usr/bin/file")));

    [Fact]
    public void Mkdir_ThenRmdir_MakesItAndRemovesIt()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Mkdir, _guest.Put("/work/new"), 0xFFF));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_folder["work/new"]) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.SetUser));
        Assert.Equal(Errno.EISDIR.ToResult(), _guest.Call(CallNumber.Unlink, _guest.Put("/work/new")));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(CallNumber.Rmdir, _guest.Put("/work/file")));
        Assert.Equal((0L, false), (_guest.Call(CallNumber.Rmdir, _guest.Put("/work/new")), Directory.Exists(_folder["work/new"])));
    }

    [Fact]
    public void Link_InOneMapping_IsTheSameFile()
    {
        Assert.Equal((0L, "file"), (_guest.Call(CallNumber.Link, _guest.Put("/work/file"), _guest.Put("/work/sub/again")), _guest.Content("/work/sub/again")));
        Assert.Equal(Errno.EEXIST.ToResult(), _guest.Call(CallNumber.Link, _guest.Put("/work/file"), _guest.Put("/work/sub/again")));
        Assert.Equal(Errno.EXDEV.ToResult(), _guest.Call(CallNumber.Link, _guest.Put("/usr/bin/tool"), _guest.Put("/work/tool")));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call(CallNumber.Link, _guest.Put("/work/file"), _guest.Put("/usr/bin/file")));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.Link, _guest.Put("/secret"), _guest.Put("/work/secret")));
    }

    [Fact]
    public void Symlink_ToWhatIsOutside_IsMadeAndLeadsNowhere()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Symlink, _guest.Put("../../secret"), _guest.Put("/work/sub/away")));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Open("/work/sub/away"));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.Symlink, _guest.Put(""), _guest.Put("/work/empty")));
        Assert.Equal(Errno.EROFS.ToResult(), _guest.Call(CallNumber.Symlink, _guest.Put("x"), _guest.Put("/usr/bin/x")));
    }

    [Theory]
    [InlineData(CallNumber.Link)]
    [InlineData(CallNumber.Symlink)]
    [InlineData(CallNumber.Rename)]
    public void Call_OnePathMissing_IsEfaultAndDoesNothing(CallNumber id)
    {
        const ulong Missing = 0x1000_0000;

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(id, Missing, _guest.Put("/work/new")));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(id, _guest.Put("/work/file"), Missing));
        Assert.Equal((true, false), (File.Exists(_folder["work/file"]), Path.Exists(_folder["work/new"])));
    }

    [Theory]
    [InlineData(1 | 2, Errno.EINVAL)]
    [InlineData(4, Errno.EINVAL)]
    [InlineData(uint.MaxValue, Errno.EINVAL)]
    [InlineData(1, Errno.EEXIST)]
    public void Renameat2_Flags_AreCheckedAndTaken(ulong flags, Errno expected)
    {
        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Renameat2, Here, _guest.Put("/work/file"), Here, _guest.Put("/work/sub"), flags));
        Assert.True(File.Exists(_folder["work/file"]));
    }

    [Fact]
    public void Call_FlagOrDescriptorThatIsNone_SaysWhy()
    {
        var file = _guest.Put("file");

        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Unlinkat, Here, _guest.Put("/work/file"), 1));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Linkat, Here, _guest.Put("/work/file"), Here, _guest.Put("/work/new"), 1));
        Assert.All([CallNumber.Unlinkat, CallNumber.Mkdirat], id => Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, 99, file, 0)));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Renameat, 99, file, Here, _guest.Put("/work/new")));
        Assert.True(File.Exists(_folder["work/file"]));
    }
}
