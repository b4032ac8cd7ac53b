using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class DescriptorCallsTests : IDisposable
{
    private const int NonBlocking = 0x800;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public DescriptorCallsTests()
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
        var (reader, writer) = _guest.Pipe(NonBlocking);
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
        var (reader, writer) = _guest.Pipe(NonBlocking);
        _guest.Call(CallNumber.Close, reader);

        Assert.Equal(Errno.EPIPE.ToResult(), _guest.Call(CallNumber.Write, writer, _guest.Put("x"), 1));
        Assert.Equal(Errno.ESPIPE.ToResult(), _guest.Call(CallNumber.Lseek, writer, 0, 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Read, writer, _guest.Room(1), 1));
    }

    [Fact]
    public void Pipe_MoreThanItHolds_TakesAPartThenNothingAndKeepsTheOrder()
    {
        var (reader, writer) = _guest.Pipe(NonBlocking);
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
    public void Pipe_SmallWritesAndReads_KeepTheOrderWhileItGrows()
    {
        var (reader, writer) = _guest.Pipe(NonBlocking);
        var random = new Random(2);
        var (source, target) = (_guest.Room(20_000), _guest.Room(20_000));
        var inside = new Queue<byte>();
        for (var step = 0; step < 300; step++)
        {
            var bytes = new byte[random.Next(1, step % 50 == 0 ? 20_000 : 3_000)];
            random.NextBytes(bytes);
            bytes.CopyTo(_guest.Bytes(source, bytes.Length));
            var written = _guest.Call(CallNumber.Write, writer, source, (ulong)bytes.Length);
            foreach (var value in bytes.AsSpan(0, (int)Math.Max(0, written)))
            {
                inside.Enqueue(value);
            }

            var read = _guest.Call(CallNumber.Read, reader, target, (ulong)random.Next(1, 3_000));
            Assert.Equal(Enumerable.Range(0, (int)Math.Max(0, read)).Select(_ => inside.Dequeue()), _guest.Bytes(target, (int)Math.Max(0, read)).ToArray());
        }
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
    public void Fcntl_Lock_IsFree()
    {
        var fd = (ulong)_guest.Open("/data/file", 2);
        var wanted = _guest.Put(new flock_t { l_type = 1, l_len = 5 });

        Assert.Equal((0L, (short)2), (_guest.Call(CallNumber.Fcntl, fd, 5, wanted), _guest.Get<flock_t>(wanted).l_type));
        Assert.Equal(0, _guest.Call(CallNumber.Fcntl, fd, 6, wanted));
    }
}
