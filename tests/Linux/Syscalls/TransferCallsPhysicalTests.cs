using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Transfers with guest-physical addresses.</summary>
public sealed class TransferCallsPhysicalTests : IDisposable
{
    private const ulong End = FileGuest.MemoryBytes;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;

    public TransferCallsPhysicalTests()
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
}
