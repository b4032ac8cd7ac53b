using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Calls of several kinds together, with guest-physical addresses.</summary>
public sealed class SyscallServiceTests : IDisposable
{
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

    [Fact]
    public void Serve_Directory_OpensButDoesNotRead()
    {
        var fd = _guest.Open("/data/folder");

        Assert.Equal(Errno.EISDIR.ToResult(), _guest.Read(fd, 0x1000, 1));
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
}
