using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>File operations with guest-physical addresses.</summary>
public sealed class SyscallServiceTests : IDisposable
{
    private const ulong End = FileGuest.MemoryBytes;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;

    public SyscallServiceTests()
    {
        _folder.AddFile("file", "0123456789");
        _folder.AddFolder("folder");
        _guest = new FileGuest(_folder, new FileLimits { OpenFiles = 2, BytesWritten = 20 });
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Serve_OpenReadCloseRead_IsAFilesLife()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal((3L, 4L, "0123"), (fd, _guest.Read(fd, 0x1000, 4), _guest.Get(0x1000, 4)));
        Assert.Equal((6L, "456789"), (_guest.Read(fd, 0x1000, 100), _guest.Get(0x1000, 6)));
        Assert.Equal((0L, 0L), (_guest.Read(fd, 0x1000, 100), _guest.Close(fd)));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Read(fd, 0x1000, 1));
        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
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

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Serve_NumberThatIsNotOpen_IsEbadf(int fd)
    {
        var expected = Errno.EBADF.ToResult();

        Assert.Equal((expected, expected, expected), (_guest.Read(fd, 0, 1), _guest.Write(fd, 0, 1), _guest.Pread(fd, 0, 1, 0)));
        Assert.Equal((expected, expected), (_guest.Seek(fd, 0, 0), _guest.Close(fd)));
    }

    [Theory]
    [InlineData(End, 1)]
    [InlineData(End - 1, 2)]
    [InlineData(0, End + 1)]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    [InlineData(0x1000, 0xFFFF_FFFF_FFFF_F000)]
    public void Transfer_BufferNotWhollyInMemory_IsEfault(ulong address, ulong count)
    {
        var fd = _guest.Open("/data/file");
        var expected = Errno.EFAULT.ToResult();

        Assert.Equal((expected, expected, expected), (_guest.Read(fd, address, count), _guest.Pread(fd, address, count, 0), _guest.Write(1, address, count)));
        Assert.Empty(_guest.Output.Writes);
    }

    [Fact]
    public void Transfer_NoBytes_IsZeroWhereverTheBufferIs()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal((0L, 0L, 0L, 0L), (_guest.Read(fd, 0, 0), _guest.Read(fd, ulong.MaxValue, 0), _guest.Write(1, End, 0), _guest.Pread(fd, 0, 0, 0)));
    }

    [Fact]
    public void Read_BufferUpToTheLastByteOfMemory_IsFilled()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal((10L, "0123456789"), (_guest.Read(fd, End - 10, 10), _guest.Get(End - 10, 10)));
    }

    [Fact]
    public void Pread_Offsets_ReadThereAndLeaveThePosition()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal((2L, "89"), (_guest.Pread(fd, 0x1000, 100, 8), _guest.Get(0x1000, 2)));
        Assert.Equal((0L, Errno.EINVAL.ToResult()), (_guest.Pread(fd, 0x1000, 1, 10), _guest.Pread(fd, 0x1000, 1, -1)));
        Assert.Equal((1L, "0"), (_guest.Read(fd, 0x1000, 1), _guest.Get(0x1000, 1)));
    }

    [Fact]
    public void Seek_ThenRead_ContinuesThere()
    {
        var fd = _guest.Open("/data/file");

        Assert.Equal((9L, 1L, "9"), (_guest.Seek(fd, -1, 2), _guest.Read(fd, 0x1000, 5), _guest.Get(0x1000, 1)));
        Assert.Equal((Errno.EINVAL.ToResult(), Errno.EINVAL.ToResult()), (_guest.Seek(fd, -1, 0), _guest.Seek(fd, 0, 77)));
    }

    [Fact]
    public void Serve_Directory_OpensButDoesNotRead()
    {
        var fd = _guest.Open("/data/folder");

        Assert.Equal(Errno.EISDIR.ToResult(), _guest.Read(fd, 0x1000, 1));
    }

    [Fact]
    public void Write_FileOpenedForReading_IsEbadf() => Assert.Equal(Errno.EBADF.ToResult(), _guest.Write(_guest.Open("/data/file"), 0, 1));

    [Fact]
    public void Write_StandardStreams_ReachTheOutput()
    {
        _guest.Put(0x1000, "out err");

        Assert.Equal((3L, 3L), (_guest.Write(1, 0x1000, 3), _guest.Write(2, 0x1004, 3)));
        Assert.Equal(("out", "err"), (_guest.Output.Text(), _guest.Output.Text(stream: GuestStream.Error)));
    }

    [Fact]
    public void Write_PastTheLimit_IsEnospc()
    {
        _guest.Put(0x1000, new string('x', 40));

        Assert.Equal((15L, 5L), (_guest.Write(1, 0x1000, 15), _guest.Write(2, 0x1000, 5)));
        Assert.Equal((Errno.ENOSPC.ToResult(), Errno.ENOSPC.ToResult()), (_guest.Write(1, 0x1000, 1), _guest.Write(2, 0x1000, 1)));
    }

    [Fact]
    public void Serve_StandardStreams_AnswerAsStreamsDo()
    {
        Assert.Equal((0L, Errno.EBADF.ToResult()), (_guest.Read(0, 0x1000, 10), _guest.Write(0, 0x1000, 1)));
        Assert.Equal((Errno.EBADF.ToResult(), Errno.ESPIPE.ToResult()), (_guest.Read(1, 0x1000, 1), _guest.Seek(1, 0, 0)));
        Assert.Equal(Errno.ESPIPE.ToResult(), _guest.Pread(0, 0x1000, 1, 0));
    }

    [Fact]
    public void Write_ClosedStandardOutput_IsEbadf()
    {
        Assert.Equal((0L, Errno.EBADF.ToResult(), Errno.EBADF.ToResult()), (_guest.Close(1), _guest.Write(1, 0, 1), _guest.Close(1)));
    }

    [Theory]
    [InlineData((int)CallNumber.Unknown)]
    [InlineData(999)]
    public void Serve_UnknownCall_IsEnosys(int id) =>
        Assert.Equal(Errno.ENOSYS.ToResult(), _guest.Execute(new GuestCall((CallNumber)id, AddressSpace.Physical, 1, 0, 1)));

    [Fact]
    public void Dispose_FilesStillOpen_AreClosed()
    {
        _guest.Open("/data/file");
        _guest.Open("/data/file");
        Assert.Equal(2, OpenDescriptors.Below(_folder["file"]));

        _guest.Service.Dispose();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    private long Open(ulong address) => _guest.Execute(new GuestCall(CallNumber.Open, AddressSpace.Physical, address));
}
