using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Paths at guest-physical addresses, below a read-only mapping.</summary>
public sealed class OpenCallsPhysicalTests : IDisposable
{
    private const ulong End = FileGuest.MemoryBytes;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;

    public OpenCallsPhysicalTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder, new FileLimits { OpenFiles = 2, BytesWritten = 20 });
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/data/missing", Errno.ENOENT)]
    [InlineData("/etc/passwd", Errno.ENOENT)]
    [InlineData("", Errno.ENOENT)]
    [InlineData("/data/file/x", Errno.ENOTDIR)]
    public void Open_PathThatCannotBeOpened_SaysWhy(string path, Errno expected) => Assert.Equal(expected.ToResult(), _guest.Open(path));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0x200)]
    [InlineData(0x241)]
    public void Open_FlagsThatWouldChangeTheFile_IsErofs(int flags) => Assert.Equal(Errno.EROFS.ToResult(), _guest.Open("/data/file", flags));

    [Fact]
    public void Open_HarmlessFlags_AreIgnored() => Assert.Equal(3, _guest.Open("/data/file", 0x8_0000 | 0x800));

    [Fact]
    public void Open_MoreFilesThanAllowed_IsEmfileUntilOneIsClosed()
    {
        Assert.Equal((3L, 4L, Errno.EMFILE.ToResult()), (_guest.Open("/data/file"), _guest.Open("/data/file"), _guest.Open("/data/file")));
        _guest.Close(3);
        Assert.Equal(3, _guest.Open("/data/file"));
    }

    [Fact]
    public void Open_PathWithoutAnEnd_IsEfaultOrEnametoolong()
    {
        _guest.Put(0x100, new string('x', 5000));
        _guest.Put(End - 4, "xxxx");

        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), Open(0x100));
        Assert.Equal(Errno.EFAULT.ToResult(), Open(End - 4));
        Assert.Equal(Errno.EFAULT.ToResult(), Open(End));
        Assert.Equal(Errno.EFAULT.ToResult(), Open(ulong.MaxValue));
    }

    [Fact]
    public void Open_LongestPath_IsTaken()
    {
        _guest.Put(0x100, "/data" + new string('/', GuestPath.MaxBytes - 1 - 9) + "file\0");
        Assert.Equal(3, Open(0x100));

        _guest.Put(0x100, "/data" + new string('/', GuestPath.MaxBytes - 9) + "file\0");
        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), Open(0x100));
    }

    private long Open(ulong address) => _guest.Execute(new GuestCall(CallNumber.Open, AddressSpace.Physical, address));
}
