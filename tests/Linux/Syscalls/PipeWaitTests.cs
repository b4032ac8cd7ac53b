using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Pipes between threads: who cannot go on waits, and is woken by whoever makes it possible.</summary>
public sealed class PipeWaitTests : IDisposable
{
    private const int NonBlocking = 0x800, Capacity = 65536;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;
    private readonly ulong _reader, _writer, _buffer;

    public PipeWaitTests()
    {
        _guest = SyscallGuest.With(_folder);
        (_reader, _writer) = _guest.Pipe();
        _buffer = _guest.Room(200_000);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Read_Empty_WaitsUntilSomethingIsWritten()
    {
        var threads = Enumerable.Range(1, 2).Select(vcpu => _guest.Thread(vcpu).Call(CallNumber.Read, _reader, _buffer, 10)).ToList();
        Assert.All(threads, thread => Assert.Equal(new VcpuWait(-1), thread.Wait));

        Assert.Equal(3, _guest.Call(CallNumber.Write, _writer, _guest.Put("abc"), 3));

        Assert.All(threads, thread => Assert.True(thread.IsWoken));
        Assert.Equal((3L, "abc"), (threads[0].Again().Result, _guest.Text(_buffer, 3)));
        Assert.True(threads[1].Again().IsWaiting);
    }

    [Fact]
    public void Read_LastWriterGoes_IsTheEnd()
    {
        var copy = (ulong)_guest.Call(CallNumber.Dup, _writer);
        var thread = _guest.Thread(1).Call(CallNumber.Read, _reader, _buffer, 10);

        _guest.Call(CallNumber.Close, _writer);
        Assert.False(thread.IsWoken);
        _guest.Call(CallNumber.Close, copy);

        Assert.True(thread.IsWoken);
        Assert.Equal((0L, false), (thread.Again().Result, thread.IsWaiting));
    }

    // As on Linux, where a call keeps the file that it began with.
    [Fact]
    public void Read_DescriptorClosedAndUsedAnew_GoesOnWithItsFile()
    {
        _folder.AddFile("file", "other");
        var thread = _guest.Thread(1).Call(CallNumber.Read, _reader, _buffer, 10);
        _guest.Call(CallNumber.Close, _reader);
        Assert.Equal((long)_reader, _guest.Open("/data/file"));

        Assert.Equal(1, _guest.Call(CallNumber.Write, _writer, _guest.Put("x"), 1));

        Assert.Equal((1L, "x"), (thread.Again().Result, _guest.Text(_buffer, 1)));
        Assert.Equal(Errno.EPIPE.ToResult(), _guest.Call(CallNumber.Write, _writer, _buffer, 1));
    }

    [Fact]
    public void Write_MoreThanThereIsRoomFor_WaitsUntilAllIsWritten()
    {
        var bytes = new byte[150_000];
        new Random(3).NextBytes(bytes);
        var source = _guest.Put(bytes);
        var vector = _guest.Put<(guest_iovec, guest_iovec)>((new() { iov_base = source, iov_len = 70_000 }, new() { iov_base = source + 70_000, iov_len = 80_000 }));
        var thread = _guest.Thread(1).Call(CallNumber.Writev, _writer, vector, 2);
        var read = 0L;
        while (thread.IsWaiting)
        {
            Assert.False(thread.IsWoken);
            read += _guest.Call(CallNumber.Read, _reader, _buffer + (ulong)read, 10_000);
            Assert.True(thread.IsWoken);
            thread.Again();
        }

        Assert.Equal(150_000, thread.Result);
        read += _guest.Call(CallNumber.Read, _reader, _buffer + (ulong)read, Capacity);
        Assert.Equal(150_000, read);
        Assert.True(_guest.Bytes(_buffer, bytes.Length).SequenceEqual(bytes));
    }

    [Fact]
    public void Write_UpToPipeBuf_IsAllOrNothing()
    {
        Assert.Equal(Capacity - 100, _guest.Call(CallNumber.Write, _writer, _buffer, Capacity - 100));
        var thread = _guest.Thread(1).Call(CallNumber.Write, _writer, _buffer, 4096);
        Assert.True(thread.IsWaiting);
        _guest.Call(CallNumber.Fcntl, _writer, 4, NonBlocking);
        Assert.Equal(Errno.EAGAIN.ToResult(), _guest.Call(CallNumber.Write, _writer, _buffer, 101));
        Assert.Equal(100, _guest.Call(CallNumber.Write, _writer, _buffer, 4097));
        _guest.Call(CallNumber.Fcntl, _writer, 4, 0);

        _guest.Call(CallNumber.Read, _reader, _buffer, 4095);
        Assert.True(thread.Again().IsWaiting);
        _guest.Call(CallNumber.Read, _reader, _buffer, 1);
        Assert.Equal((4096L, false), (thread.Again().Result, thread.IsWaiting));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_ReaderGoes_EndsWithWhatIsWrittenOrEpipe(bool isPartial)
    {
        _guest.Call(CallNumber.Write, _writer, _buffer, isPartial ? Capacity - 5000UL : Capacity);
        var thread = _guest.Thread(1).Call(CallNumber.Write, _writer, _buffer, 10_000);
        Assert.True(thread.IsWaiting);

        _guest.Call(CallNumber.Close, _reader);

        Assert.True(thread.IsWoken);
        Assert.Equal(isPartial ? 5000 : Errno.EPIPE.ToResult(), thread.Again().Result);
    }

    [Fact]
    public void Calls_Interrupted_SayWhatTheyDidOrAreToBeMadeAgain()
    {
        Assert.Equal(Errno.ERESTARTSYS.ToResult(), _guest.Thread(1).Call(CallNumber.Read, _reader, _buffer, 1).Interrupt());
        Assert.Equal(Capacity, _guest.Thread(1).Call(CallNumber.Write, _writer, _buffer, Capacity + 1UL).Interrupt());
        Assert.Equal(Errno.ERESTARTSYS.ToResult(), _guest.Thread(1).Call(CallNumber.Write, _writer, _buffer, 1).Interrupt());
    }

    // What is written once is not written again.
    [Fact]
    public void Write_MemoryGoesWhileItWaits_EndsWithWhatIsWritten()
    {
        const ulong Missing = 0x1000_0000;
        _guest.Map(Missing, 0x30_0000);
        _guest.Map(Missing + SyscallGuest.Page, 0x30_1000);
        _guest.Call(CallNumber.Write, _writer, _buffer, Capacity - 4096);
        var thread = _guest.Thread(1).Call(CallNumber.Write, _writer, Missing, 2 * SyscallGuest.Page);
        Assert.True(thread.IsWaiting);
        _guest.Map(Missing + SyscallGuest.Page, 0x30_1000, flags: 0);

        Assert.Equal(4096, thread.Again().Result);
    }

    [Fact]
    public void SendFile_PipeThatIsFull_WaitsForRoom()
    {
        _folder.AddFile("file", "0123456789");
        var input = (ulong)_guest.Open("/data/file");
        _guest.Call(CallNumber.Write, _writer, _buffer, Capacity);
        var thread = _guest.Thread(1).Call(CallNumber.Sendfile, _writer, input, 0, 10);
        Assert.True(thread.IsWaiting);

        _guest.Call(CallNumber.Read, _reader, _buffer, Capacity);

        Assert.Equal((10L, true), (thread.Again().Result, thread.IsWoken || !thread.IsWaiting));
        Assert.Equal((10L, "0123456789"), (_guest.Call(CallNumber.Read, _reader, _buffer, 100), _guest.Text(_buffer, 10)));
    }

    [Fact]
    public void Read_NonBlocking_WaitsForNothing()
    {
        var (reader, writer) = _guest.Pipe(NonBlocking);

        Assert.Equal(new CallOutcome(Errno.EAGAIN.ToResult()), _guest.Serve(CallNumber.Read, reader, _buffer, 1));
        Assert.Equal(Capacity, _guest.Call(CallNumber.Write, writer, _buffer, 100_000));
        Assert.Equal(new CallOutcome(Errno.EAGAIN.ToResult()), _guest.Serve(CallNumber.Write, writer, _buffer, 1));
    }

    // A service goes with those that wait, and their files.
    [Fact]
    public void Dispose_WithWaiters_ClosesTheirFiles()
    {
        using var guest = new SyscallGuest([]);
        var (reader, _) = guest.Pipe();
        Assert.True(guest.Thread(3).Call(CallNumber.Read, reader, guest.Room(8), 8).IsWaiting);
        guest.Call(CallNumber.Close, reader);
    }

    [Fact]
    public void Calls_OtherAddressSpaces_DoNotWaitForWhatNobodyMakes()
    {
        var call = new GuestCall(CallNumber.Read, AddressSpace.Physical, 1, 0x1000, 1);

        Assert.Equal(Errno.EBADF.ToResult(), _guest.Service.Serve(call).Result);
    }
}
