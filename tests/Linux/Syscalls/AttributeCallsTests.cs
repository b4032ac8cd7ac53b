using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class AttributeCallsTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public AttributeCallsTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(CallNumber.Chmod, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Chmod, "/usr/bin/missing", Errno.ENOENT)]
    [InlineData(CallNumber.Truncate, "/usr/bin/tool", Errno.EROFS)]
    [InlineData(CallNumber.Truncate, "/usr", Errno.EISDIR)]
    public void Change_WhereNothingMayChange_SaysWhy(CallNumber id, string path, Errno expected)
    {
        Assert.Equal(expected.ToResult(), _guest.Call(id, _guest.Put(path)));
        Assert.True(File.Exists(_folder["bin/tool"]));
    }

    [Fact]
    public void Chmod_SetIdBits_AreLeftOut()
    {
        Assert.Equal(0, _guest.Call(CallNumber.Chmod, _guest.Put("/work/file"), 0xFED));
        Assert.Equal((0L, 0x83EDu), _guest.Mode(CallNumber.Stat, "/work/file"));
    }

    [Fact]
    public void Truncate_Lengths_AreCheckedAndTaken()
    {
        Assert.Equal((0L, "fi"), (_guest.Call(CallNumber.Truncate, _guest.Put("/work/file"), 2), _guest.Content("/work/file")));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Truncate, _guest.Put("/work/file"), ulong.MaxValue));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Truncate, _guest.Put("/dev/null"), 0));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.Truncate, _guest.Put("/work/out"), 0));
        Assert.Equal(("fi", "secret"), (File.ReadAllText(_folder["work/file"]), File.ReadAllText(_folder["secret"])));
    }

    [Theory]
    [InlineData(CallNumber.Chmod)]
    [InlineData(CallNumber.Chown)]
    [InlineData(CallNumber.Lchown)]
    [InlineData(CallNumber.Truncate)]
    public void Call_PathMissing_IsEfault(CallNumber id) => Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(id, 0x1000_0000, 0, 0));

    [Theory]
    [InlineData(CallNumber.Fchmodat)]
    [InlineData(CallNumber.Fchownat)]
    public void Call_DirectoryThatIsNone_SaysWhy(CallNumber id)
    {
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, 99, _guest.Put("file"), 0, 0));
        Assert.Equal(Errno.ENOTDIR.ToResult(), _guest.Call(id, (ulong)_guest.Open("/work/file"), _guest.Put("file"), 0, 0));
    }

    [Theory]
    [InlineData("/work/file", 0, Errno.None)]
    [InlineData("/work/file", 1, Errno.EINVAL)]
    [InlineData("/work/out", 0, Errno.ENOENT)]
    [InlineData("/work/out", 0x100, Errno.None)]
    [InlineData("/usr/bin/tool", 0, Errno.EROFS)]
    [InlineData("/dev/null", 0, Errno.EROFS)]
    public void Fchownat_OwnerLeftAsItIs_SaysWhereItMayChange(string path, ulong flags, Errno expected) => Assert.Equal(
        expected.ToResult(), _guest.Call(CallNumber.Fchownat, Here, _guest.Put(path), uint.MaxValue, uint.MaxValue, flags));

    [Fact]
    public void Umask_Bits_AreThosePermissionsNewFilesLack()
    {
        Assert.Equal(0x12, _guest.Call(CallNumber.Umask, ulong.MaxValue));
        Assert.Equal(0x1FF, _guest.Call(CallNumber.Umask, 0x3F));
        Assert.True(_guest.Open("/work/new", 0x41, 0x1FF) >= 0);
        Assert.Equal((0L, 0x81C0u), _guest.Mode(CallNumber.Stat, "/work/new"));
    }
}
