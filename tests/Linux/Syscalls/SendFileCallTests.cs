using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SendFileCallTests : IDisposable
{
    private const ulong Missing = 0x1000_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public SendFileCallTests()
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
    public void Sendfile_FileToStream_CopiesAndMovesTheRightPosition()
    {
        var fd = (ulong)_guest.Open("/data/file");
        var offset = _guest.Put(7L);

        Assert.Equal(4, _guest.Call(CallNumber.Sendfile, 1, fd, 0, 4));
        Assert.Equal((3L, 10L), (_guest.Call(CallNumber.Sendfile, 1, fd, offset, 100), _guest.Get<long>(offset)));
        Assert.Equal(6, _guest.Call(CallNumber.Sendfile, 1, fd, 0, 100));
        Assert.Equal("0123789456789", _guest.Output.Text());
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Sendfile, 1, 0, 0, 1));
    }

    [Fact]
    public void Sendfile_WhatCannotBeReadOrWritten_IsEbadf()
    {
        var fd = (ulong)_guest.Open("/data/file");

        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Sendfile, 99, fd, 0, 1));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Sendfile, 1, 99, 0, 1));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Sendfile, fd, fd, 0, 1));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Sendfile, 1, 1, 0, 1));
    }

    [Fact]
    public void Sendfile_FileThatIsAppendedTo_IsEinval() => Assert.Equal(
        Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Sendfile, (ulong)_guest.Open("/data/out", 0x441), (ulong)_guest.Open("/data/file"), 0, 1));

    [Fact]
    public void Sendfile_OffsetThatCannotBeWrittenBack_SendsNothing()
    {
        var fd = (ulong)_guest.Open("/data/file");

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Sendfile, 1, fd, Missing, 5));
        _guest.Map(Missing, 0x30_0000, PageTables.Present | PageTables.User);
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Sendfile, 1, fd, Missing, 5));
        Assert.Equal(("", 0L), (_guest.Output.Text(), _guest.Call(CallNumber.Lseek, fd, 0, 1)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void Sendfile_OffsetBelowZero_IsEinval(long offset)
    {
        var address = _guest.Put(offset);

        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Sendfile, 1, (ulong)_guest.Open("/data/file"), address, 5));
        Assert.Equal(("", offset), (_guest.Output.Text(), _guest.Get<long>(address)));
    }

    [Fact]
    public void Sendfile_HugeCount_SendsWhatThereIs()
    {
        Assert.Equal(10, _guest.Call(CallNumber.Sendfile, 1, (ulong)_guest.Open("/data/file"), 0, ulong.MaxValue));
        Assert.Equal("0123456789", _guest.Output.Text());
    }

    [Fact]
    public void Sendfile_PipeThatFillsUp_LeavesTheRestUnread()
    {
        _folder.AddFile("large", new string('x', 90_000));
        var fd = (ulong)_guest.Open("/data/large");
        var (_, writer) = _guest.Pipe(0x800);

        Assert.Equal(65536, _guest.Call(CallNumber.Sendfile, writer, fd, 0, 90_000));
        Assert.Equal((Errno.EAGAIN.ToResult(), 65536L), (_guest.Call(CallNumber.Sendfile, writer, fd, 0, 90_000), _guest.Call(CallNumber.Lseek, fd, 0, 1)));
    }
}
