using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Reads and writes through every kind of descriptor.</summary>
public sealed class TransferCallsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public TransferCallsTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = SyscallGuest.With(_folder, limits: new FileLimits { OpenFiles = 5, BytesWritten = 100_000 });
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Write_PastTheBudgetInFilesAndStreamsTogether_IsEnospc()
    {
        var fd = (ulong)_guest.Open("/data/out", 0x41);
        var buffer = _guest.Room(100_000);

        Assert.Equal((60_000L, 40_000L), (_guest.Call(CallNumber.Write, fd, buffer, 60_000), _guest.Call(CallNumber.Write, 1, buffer, 40_000)));
        Assert.Equal((Errno.ENOSPC.ToResult(), Errno.ENOSPC.ToResult()), (_guest.Call(CallNumber.Write, fd, buffer, 1), _guest.Call(CallNumber.Pwrite64, fd, buffer, 1, 0)));
        Assert.Equal(60_000, new FileInfo(_folder["out"]).Length);
    }

    [Fact]
    public void Write_DescriptorForReading_UsesNoBudget()
    {
        var fd = (ulong)_guest.Open("/data/file");
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Write, fd, _guest.Room(100_000), 100_000));
        Assert.Equal(100_000, _guest.Call(CallNumber.Write, 1, SyscallGuest.User, 100_000));
    }

    [Fact]
    public void Vectors_ReadAndWrite_GoThroughAllBuffers()
    {
        var fd = (ulong)_guest.Open("/data/file", 2);
        var (one, two) = (_guest.Room(16), _guest.Room(16));
        var vectors = _guest.Put<guest_iovec>(new() { iov_base = one, iov_len = 4 });
        _guest.Put<guest_iovec>(new() { iov_base = 0x7F_FFFF_0000, iov_len = 0 });
        _guest.Put<guest_iovec>(new() { iov_base = two, iov_len = 16 });

        Assert.Equal(10, _guest.Call(CallNumber.Readv, fd, vectors, 3));
        Assert.Equal(("0123", "456789"), (_guest.Text(one, 4), _guest.Text(two, 6)));
        Assert.Equal((20L, 10L), (_guest.Call(CallNumber.Pwritev, fd, vectors, 3, 5), _guest.Call(CallNumber.Lseek, fd, 0, 1)));
        Assert.StartsWith("012340123456789", File.ReadAllText(_folder["file"]), StringComparison.Ordinal);
        Assert.Equal(8, _guest.Call(CallNumber.Preadv2, fd, vectors, 1) + _guest.Call(CallNumber.Preadv2, fd, vectors, 1, ulong.MaxValue));
        Assert.Equal(Errno.EOPNOTSUPP.ToResult(), _guest.Call(CallNumber.Preadv2, fd, vectors, 1, 0, 0, 8));
        Assert.Equal((Errno.EINVAL.ToResult(), 0L), (_guest.Call(CallNumber.Readv, fd, vectors, 1025), _guest.Call(CallNumber.Readv, fd, 0, 0)));
    }

    [Fact]
    public void Devices_ReadAndWriteAsTheyDo()
    {
        var (zero, nothing, random) = ((ulong)_guest.Open("/dev/zero", 2), (ulong)_guest.Open("/dev/null", 2), (ulong)_guest.Open("/dev/urandom"));
        var buffer = _guest.Put("xxxxxxxxxxxxxxxx");

        Assert.Equal((16L, 16L, 0L), (_guest.Call(CallNumber.Read, random, buffer, 16), _guest.Call(CallNumber.Write, nothing, buffer, 16), _guest.Call(CallNumber.Read, nothing, buffer, 16)));
        Assert.NotEqual("xxxxxxxxxxxxxxxx", _guest.Text(buffer, 16));
        Assert.Equal((16L, new string('\0', 16)), (_guest.Call(CallNumber.Read, zero, buffer, 16), _guest.Text(buffer, 16)));
        Assert.Equal(Errno.ENOSPC.ToResult(), _guest.Call(CallNumber.Write, (ulong)_guest.Open("/dev/full", 1), buffer, 1));
        Assert.Equal((3L, "out"), (_guest.Call(CallNumber.Write, (ulong)_guest.Open("/dev/stdout", 1), _guest.Put("out"), 3), _guest.Output.Text()));
    }

    [Fact]
    public void Getrandom_Bytes_AreThereAndFlagsChecked()
    {
        var buffer = _guest.Room(256);
        Assert.Equal(256, _guest.Call(CallNumber.Getrandom, buffer, 256, 1));
        Assert.True(_guest.Bytes(buffer, 256).ToArray().Distinct().Count() > 50);
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Getrandom, buffer, 1, 8));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Getrandom, buffer, 1, 6));
    }

    [Theory]
    [InlineData(1UL << 47, 1, Errno.EFAULT)]
    [InlineData(ulong.MaxValue, 1, Errno.EFAULT)]
    [InlineData(0x1000_0000, 1, Errno.EFAULT)]
    [InlineData(SyscallGuest.User, 1UL << 63, Errno.EINVAL)]
    [InlineData(SyscallGuest.User, ulong.MaxValue, Errno.EINVAL)]
    public void Vectors_OneThatCannotBe_SaysWhyAndMovesNothing(ulong address, ulong bytes, Errno expected)
    {
        var fd = (ulong)_guest.Open("/data/file");
        var target = _guest.Put("xxxx");
        var vectors = _guest.Put<guest_iovec>(new() { iov_base = target, iov_len = 4 });
        _guest.Put<guest_iovec>(new() { iov_base = address, iov_len = bytes });

        Assert.Equal((expected.ToResult(), expected.ToResult()), (_guest.Call(CallNumber.Readv, fd, vectors, 2), _guest.Call(CallNumber.Writev, 1, vectors, 2)));
        Assert.Equal(("xxxx", 0L, ""), (_guest.Text(target, 4), _guest.Call(CallNumber.Lseek, fd, 0, 1), _guest.Output.Text()));
    }

    [Theory]
    [InlineData(CallNumber.Readv, 0)]
    [InlineData(CallNumber.Writev, 0)]
    [InlineData(CallNumber.Preadv, 0)]
    [InlineData(CallNumber.Pwritev, 0)]
    [InlineData(CallNumber.Preadv2, ulong.MaxValue)]
    [InlineData(CallNumber.Pwritev2, ulong.MaxValue)]
    [InlineData(CallNumber.Pwrite64, 0)]
    public void Call_NumberThatIsNotOpen_IsEbadf(CallNumber id, ulong offset) =>
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(id, 99, 0x1000_0000, 1, offset));

    [Theory]
    [InlineData(CallNumber.Preadv, 0, Errno.ESPIPE)]
    [InlineData(CallNumber.Pread64, 0, Errno.ESPIPE)]
    [InlineData(CallNumber.Preadv, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(CallNumber.Pread64, 1UL << 63, Errno.EINVAL)]
    public void ReadAt_PipeOrOffsetBelowZero_SaysWhy(CallNumber id, ulong offset, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(id, _guest.Pipe().Reader, SyscallGuest.User, 1, offset));

    [Theory]
    [InlineData(0x1000_0000, 1)]
    [InlineData(1UL << 47, 1)]
    [InlineData(SyscallGuest.User, ulong.MaxValue)]
    public void Getrandom_BufferThatIsNotThere_IsEfault(ulong address, ulong bytes) =>
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Getrandom, address, bytes, 0));
}
