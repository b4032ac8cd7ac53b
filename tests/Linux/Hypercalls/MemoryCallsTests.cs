using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Hypercalls;

public sealed class MemoryCallsTests : IDisposable
{
    private const ulong End = 0x10_0000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(
        new MemoryRange(new GuestPhysAddr(0), End), new MemoryRange(new GuestPhysAddr(2 * End), 0x1000, IsReadOnly: true));

    private readonly VmStopSignal _stop = new();

    public void Dispose()
    {
        _memory.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Zero_Stopped_EndsWithEintr()
    {
        _memory.TryWriteBytes(new GuestPhysAddr(0x1000), "abcdef"u8);
        _stop.Request();

        Assert.Equal(Errno.EINTR.ToResult(), Call(CallNumber.Zero, 0x1001, 4));
    }

    [Fact]
    public void Zero_Range_ClearsItAndNothingElse()
    {
        _memory.TryWriteBytes(new GuestPhysAddr(0x1000), "abcdef"u8);

        Assert.Equal(0, Call(CallNumber.Zero, 0x1001, 4));

        Assert.True(_memory.TryGetSpan(new GuestPhysAddr(0x1000), 6, out var bytes));
        Assert.Equal("a\0\0\0\0f"u8, bytes);
    }

    [Theory]
    [InlineData(End, 1)]
    [InlineData(End - 1, 2)]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 2)]
    [InlineData(2 * End, 1)]
    public void Zero_NotAllMemory_IsEfaultAndChangesNothing(ulong address, ulong length)
    {
        _memory.TryWriteBytes(new GuestPhysAddr(End - 1), "x"u8);

        Assert.Equal(Errno.EFAULT.ToResult(), Call(CallNumber.Zero, address, length));
        Assert.True(_memory.TryRead(new GuestPhysAddr(End - 1), out byte last));
        Assert.Equal((byte)'x', last);
    }

    [Fact]
    public void Zero_Nothing_IsFine() => Assert.Equal(0, Call(CallNumber.Zero, End, 0));

    [Fact]
    public void Fill_Words_ReplacesZerosInOrder()
    {
        _memory.TryWrite(new GuestPhysAddr(0x1008), 7UL);

        Assert.Equal(3, Call(CallNumber.Fill, 0x1000, 4, 0x5003, 0x1000));

        Assert.Equal([0x5003UL, 7, 0x6003, 0x7003, 0], Enumerable.Range(0, 5).Select(index =>
        {
            Assert.True(_memory.TryRead(new GuestPhysAddr(0x1000 + ((ulong)index * 8)), out ulong word));
            return word;
        }));
    }

    [Theory]
    [InlineData(End, 1)]
    [InlineData(End - 8, 2)]
    [InlineData(ulong.MaxValue - 7, 1)]
    [InlineData(2 * End, 1)]
    public void Fill_NotAllMemory_IsEfault(ulong address, ulong words) => Assert.Equal(Errno.EFAULT.ToResult(), Call(CallNumber.Fill, address, words, 1));

    [Fact]
    public void Fill_TooManyWords_IsEinval() => Assert.Equal(Errno.EINVAL.ToResult(), Call(CallNumber.Fill, 0, 65537, 1));

    private long Call(CallNumber id, ulong first, ulong second, ulong third = 0, ulong fourth = 0) =>
        MemoryCalls.Execute(_memory, new GuestCall(id, AddressSpace.Physical, first, second, third, fourth), _stop);
}
