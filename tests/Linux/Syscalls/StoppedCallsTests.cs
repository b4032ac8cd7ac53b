using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Calls that move much, of a VM that is told to stop: they end before the next piece.</summary>
public sealed class StoppedCallsTests : IDisposable
{
    private const ulong MiB = 1 << 20, Vectors = 0x2000, Target = 2 * MiB;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private readonly VmStopSignal _stop = new();

    public StoppedCallsTests()
    {
        _folder.AddFile("file", new string('x', 3 << 20));
        _guest = new FileGuest(_folder, memoryBytes: 8 * MiB);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
        _stop.Dispose();
    }

    [Theory]
    [InlineData("/dev/urandom")]
    [InlineData("/dev/zero")]
    [InlineData("/data/file")]
    public void Read_Stopped_MovesNothing(string path)
    {
        var fd = _guest.Open(path);
        var read = new GuestCall(CallNumber.Read, AddressSpace.Physical, (ulong)fd, Target, 3 * MiB);
        Assert.Equal((long)(3 * MiB), Serve(read));
        _guest.Seek(fd, 0, whence: 0);

        _stop.Request();

        Assert.Equal(Errno.EINTR.ToResult(), Serve(read));
    }

    [Fact]
    public void Preadv_StoppedWhileItIsLookedAt_MovesNothing()
    {
        var fd = _guest.Open("/dev/urandom");
        for (var index = 0UL; index < 1024; index++)
        {
            var vector = MemoryMarshal.AsBytes<ulong>([Target, 2 * MiB]);
            Assert.True(_guest.Memory.TryWriteBytes(new GuestPhysAddr(Vectors + (index * 16)), vector));
        }

        _stop.Request();

        Assert.Equal(Errno.EINTR.ToResult(), Serve(new GuestCall(CallNumber.Preadv, AddressSpace.Physical, (ulong)fd, Vectors, 1024)));
    }

    [Fact]
    public void GetRandom_Stopped_MovesNothing()
    {
        _stop.Request();

        Assert.Equal(Errno.EINTR.ToResult(), Serve(new GuestCall(CallNumber.Getrandom, AddressSpace.Physical, Target, 3 * MiB)));
    }

    [Fact]
    public void SendFile_Stopped_MovesOnePiece()
    {
        var (input, output) = (_guest.Open("/data/file"), _guest.Open("/dev/null", flags: 1));
        _stop.Request();

        var sent = Serve(new GuestCall(CallNumber.Sendfile, AddressSpace.Physical, (ulong)output, (ulong)input, 0, 3 * MiB));

        Assert.Equal(PinnedBuffer.Bytes, sent);
    }

    [Fact]
    public void Stat_StoppedOnALongWay_IsEintr()
    {
        _folder.AddFolder("d");
        _guest.Put(0x100, "/data/" + string.Concat(Enumerable.Repeat("d/../", 100)) + "file\0");
        var stat = new GuestCall(CallNumber.Stat, AddressSpace.Physical, 0x100, Target);
        Assert.Equal(0, Serve(stat));

        _stop.Request();

        Assert.Equal(Errno.EINTR.ToResult(), Serve(stat));
    }

    private long Serve(in GuestCall call) => _guest.Service.Serve(call, _stop).Result;
}
