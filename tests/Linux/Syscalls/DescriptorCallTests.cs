using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class DescriptorCallTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public DescriptorCallTests()
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
    public void Pipe_WhatIsWritten_IsRead()
    {
        var (reader, writer) = Pipe();
        var buffer = _guest.Room(100);

        Assert.Equal(Errno.EAGAIN.ToResult(), _guest.Call(CallNumber.Read, reader, buffer, 10));
        Assert.Equal(5, _guest.Call(CallNumber.Write, writer, _guest.Put("hello"), 5));
        Assert.Equal((3L, "hel"), (_guest.Call(CallNumber.Read, reader, buffer, 3), _guest.Text(buffer, 3)));
        Assert.Equal((0L, 2), (_guest.Call(CallNumber.Ioctl, reader, 0x541B, buffer), _guest.Get<int>(buffer)));
        Assert.Equal(0, _guest.Call(CallNumber.Close, writer));
        Assert.Equal((2L, "lo", 0L), (_guest.Call(CallNumber.Read, reader, buffer, 10), _guest.Text(buffer, 2), _guest.Call(CallNumber.Read, reader, buffer, 10)));
    }

    [Fact]
    public void Pipe_ReaderGone_IsEpipe()
    {
        var (reader, writer) = Pipe();
        _guest.Call(CallNumber.Close, reader);

        Assert.Equal(Errno.EPIPE.ToResult(), _guest.Call(CallNumber.Write, writer, _guest.Put("x"), 1));
        Assert.Equal(Errno.ESPIPE.ToResult(), _guest.Call(CallNumber.Lseek, writer, 0, 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Read, writer, _guest.Room(1), 1));
    }

    [Fact]
    public void Pipe_MoreThanItHolds_TakesAPartThenNothingAndKeepsTheOrder()
    {
        var (reader, writer) = Pipe();
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        var (source, target) = (_guest.Put(bytes), _guest.Room(100_000));

        Assert.Equal(65536, _guest.Call(CallNumber.Write, writer, source, 100_000));
        Assert.Equal(Errno.EAGAIN.ToResult(), _guest.Call(CallNumber.Write, writer, source, 1));
        Assert.Equal(50_000, _guest.Call(CallNumber.Read, reader, target, 50_000));
        Assert.Equal(34_464, _guest.Call(CallNumber.Write, writer, source + 65536, 34_464));
        Assert.Equal(50_000, _guest.Call(CallNumber.Read, reader, target + 50_000, 100_000));
        Assert.True(_guest.Bytes(target, 100_000).SequenceEqual(bytes));
    }

    [Fact]
    public void Dup2_StandardOutput_GoesToTheFile()
    {
        var fd = (ulong)_guest.Open("/data/out", 0x41);
        var saved = (ulong)_guest.Call(CallNumber.Dup, 1);

        Assert.Equal(1, _guest.Call(CallNumber.Dup2, fd, 1));
        _guest.Call(CallNumber.Write, 1, _guest.Put("file"), 4);
        Assert.Equal(1, _guest.Call(CallNumber.Dup2, saved, 1));
        _guest.Call(CallNumber.Write, 1, _guest.Put("stream"), 6);

        Assert.Equal(("file", "stream"), (File.ReadAllText(_folder["out"]), _guest.Output.Text()));
    }

    [Fact]
    public void Dup_SharesThePosition_AndTheLastOneCloses()
    {
        var fd = (ulong)_guest.Open("/data/file");
        var copy = (ulong)_guest.Call(CallNumber.Fcntl, fd, 1030, 6);

        Assert.Equal((6UL, 1L, 0L), (copy, _guest.Call(CallNumber.Fcntl, copy, 1), _guest.Call(CallNumber.Fcntl, fd, 1)));
        _guest.Call(CallNumber.Lseek, fd, 4, 0);
        Assert.Equal(4, _guest.Call(CallNumber.Lseek, copy, 0, 1));
        _guest.Call(CallNumber.Close, fd);
        Assert.Equal(1, OpenDescriptors.Below(_folder["file"]));
        _guest.Call(CallNumber.Close, copy);
        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
    }

    [Theory]
    [InlineData(CallNumber.Dup, 99, 0, 0, Errno.EBADF)]
    [InlineData(CallNumber.Dup2, 1, 8, 0, Errno.EBADF)]
    [InlineData(CallNumber.Dup2, 99, 99, 0, Errno.EBADF)]
    [InlineData(CallNumber.Dup3, 1, 1, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Dup3, 1, 4, 1, Errno.EINVAL)]
    [InlineData(CallNumber.Fcntl, 1, 0, 8, Errno.EINVAL)]
    [InlineData(CallNumber.Fcntl, 1, 999, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Fcntl, 99, 1, 0, Errno.EBADF)]
    [InlineData(CallNumber.Ioctl, 1, 0x5401, 0x40_0000, Errno.ENOTTY)]
    [InlineData(CallNumber.Ioctl, 1, 0x5413, 0x40_0000, Errno.ENOTTY)]
    [InlineData(CallNumber.Ioctl, 1, 0x540F, 0x40_0000, Errno.ENOTTY)]
    [InlineData(CallNumber.Pipe2, 0x40_0000, 1, 0, Errno.EINVAL)]
    [InlineData(CallNumber.CloseRange, 5, 4, 0, Errno.EINVAL)]
    public void Call_WhatCannotBe_SaysWhy(CallNumber id, ulong first, ulong second, ulong third, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(id, first, second, third));

    [Fact]
    public void Open_MoreThanAllowed_IsEmfileForEveryKind()
    {
        for (var index = 0; index < 4; index++)
        {
            Assert.Equal(index + 3, _guest.Open("/data/file"));
        }

        Assert.Equal(Errno.EMFILE.ToResult(), _guest.Call(CallNumber.Pipe, _guest.Room(8)));
        Assert.Equal(7, _guest.Call(CallNumber.Dup, 1));
        Assert.Equal(Errno.EMFILE.ToResult(), _guest.Call(CallNumber.Dup, 1));
        Assert.Equal(Errno.EMFILE.ToResult(), _guest.Open("/data/new", 0x41));
        Assert.False(File.Exists(_folder["new"]));
        Assert.Equal(0, _guest.Call(CallNumber.CloseRange, 3, uint.MaxValue, 0));
        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
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
    public void Poll_ReadyOrNot_IsSaidAndNothingReadyWaits()
    {
        var (reader, writer) = Pipe();
        var polled = _guest.Put<(pollfd_t, pollfd_t)>((new() { fd = (int)reader, events = 1 }, new() { fd = 99, events = 1 }));

        Assert.Equal((1L, (short)0x20), (_guest.Call(CallNumber.Poll, polled, 2, 5), _guest.Get<pollfd_t>(polled + 8).revents));
        Assert.Equal(new CallOutcome(0, new VcpuWait(5_000_000)), _guest.Serve(CallNumber.Poll, polled, 1, 5));
        Assert.Equal(new CallOutcome(0, new VcpuWait(-1)), _guest.Serve(CallNumber.Poll, polled, 1, ulong.MaxValue));
        _guest.Call(CallNumber.Write, writer, polled, 1);
        Assert.Equal((new CallOutcome(1), (short)1), (_guest.Serve(CallNumber.Poll, polled, 1, 5), _guest.Get<pollfd_t>(polled).revents));
    }

    [Fact]
    public void Select_Sets_KeepWhatIsReady()
    {
        var (reader, writer) = Pipe();
        var (read, write) = (_guest.Put(1UL << (int)reader | 1), _guest.Put(1UL << (int)writer));

        Assert.Equal(2, _guest.Call(CallNumber.Select, writer + 1, read, write, 0, 0));
        Assert.Equal((1UL, 1UL << (int)writer), (_guest.Get<ulong>(read), _guest.Get<ulong>(write)));
        var time = _guest.Put(new timeval_t { tv_sec = 1, tv_usec = 5 });
        Assert.Equal(new CallOutcome(0, new VcpuWait(1_000_005_000)), _guest.Serve(CallNumber.Select, 0, 0, 0, 0, time));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Select, 8, _guest.Put(1UL << 7), 0, 0, time));
    }

    [Fact]
    public void Fcntl_Lock_IsFree()
    {
        var fd = (ulong)_guest.Open("/data/file", 2);
        var wanted = _guest.Put(new flock_t { l_type = 1, l_len = 5 });

        Assert.Equal((0L, (short)2), (_guest.Call(CallNumber.Fcntl, fd, 5, wanted), _guest.Get<flock_t>(wanted).l_type));
        Assert.Equal(0, _guest.Call(CallNumber.Fcntl, fd, 6, wanted));
    }

    private (ulong Reader, ulong Writer) Pipe()
    {
        var ends = _guest.Room(8);
        Assert.Equal(0, _guest.Call(CallNumber.Pipe, ends));
        return (_guest.Get<uint>(ends), _guest.Get<uint>(ends + 4));
    }
}
