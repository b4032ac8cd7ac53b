using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Tests.Hypercalls;

public sealed class HypercallDecoderTests : IDisposable
{
    private const uint Arguments = 0x800, End = 0x1000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), End));

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(HypercallPort.Open, CallNumber.Open)]
    [InlineData(HypercallPort.Close, CallNumber.Close)]
    public void TryDecode_ArgumentInTheRegister_IsTheFirst(HypercallPort port, CallNumber number) =>
        Assert.Equal((Errno.None, new GuestCall(number, AddressSpace.Physical, 0xFFFF_FFFF)), Decode(port, 0xFFFF_FFFF));

    [Theory]
    [InlineData(HypercallPort.Read, CallNumber.Read, 3)]
    [InlineData(HypercallPort.Write, CallNumber.Write, 3)]
    [InlineData(HypercallPort.Pread, CallNumber.Pread64, 4)]
    [InlineData(HypercallPort.Preadv, CallNumber.Preadv, 4)]
    [InlineData(HypercallPort.Zero, CallNumber.Zero, 2)]
    [InlineData(HypercallPort.Ready, CallNumber.Ready, 2)]
    [InlineData(HypercallPort.Random, CallNumber.Random, 2)]
    [InlineData(HypercallPort.Fill, CallNumber.Fill, 4)]
    [InlineData(HypercallPort.Runs, CallNumber.Runs, 5)]
    public void TryDecode_ArgumentsInMemory_AreTakenInOrder(HypercallPort port, CallNumber number, int words)
    {
        Put(11, 22, 33, 44, 55);
        ulong[] expected = [11, 22, 33, 44, 55];
        Array.Clear(expected, words, expected.Length - words);

        Assert.Equal(
            (Errno.None, new GuestCall(number, AddressSpace.Physical, expected[0], expected[1], expected[2], expected[3], expected[4])),
            Decode(port, Arguments));
    }

    [Theory]
    [InlineData(HypercallPort.Read, 24)]
    [InlineData(HypercallPort.Pread, 32)]
    [InlineData(HypercallPort.Lseek, 12)]
    [InlineData(HypercallPort.Zero, 16)]
    [InlineData(HypercallPort.Fill, 32)]
    [InlineData(HypercallPort.Runs, 40)]
    public void TryDecode_ArgumentsAtTheEndOfMemory_MustBeInItWhole(HypercallPort port, uint bytes)
    {
        Assert.Equal(Errno.None, Decode(port, End - bytes).Errno);
        Assert.Equal(Errno.EFAULT, Decode(port, End - bytes + 1).Errno);
        Assert.Equal(Errno.EFAULT, Decode(port, uint.MaxValue).Errno);
    }

    [Fact]
    public void TryDecode_Lseek_IsSigned()
    {
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(Arguments), MemoryMarshal.AsBytes<int>([3, -2, 1])));

        Assert.Equal((Errno.None, new GuestCall(CallNumber.Lseek, AddressSpace.Physical, 3, unchecked((ulong)-2), 1)), Decode(HypercallPort.Lseek, Arguments));
    }

    [Theory]
    [InlineData(0x7FFF_FFFF, 0x7FFF_FFFF)]
    [InlineData(0x8000_0000, ulong.MaxValue)]
    [InlineData(0x1_0000_0003, ulong.MaxValue)]
    public void TryDecode_DescriptorPast31Bits_IsNone(ulong fd, ulong expected)
    {
        Put(fd);

        Assert.Equal(expected, Decode(HypercallPort.Read, Arguments).Call.First);
        Assert.Equal(expected, Decode(HypercallPort.Preadv, Arguments).Call.First);
    }

    [Theory]
    [InlineData(0x8006)]
    [InlineData(0x80FF)]
    [InlineData((int)HypercallPort.Syscall)]
    public void TryDecode_NoSuchCall_IsEnosys(int port) =>
        Assert.Equal((Errno.ENOSYS, new GuestCall(CallNumber.Unknown, AddressSpace.Physical)), Decode((HypercallPort)port, Arguments));

    [Theory]
    [InlineData(11, 0x900, true)]
    [InlineData(1, 0xFFFF_FFFF, true)]
    [InlineData(64, 0, true)]
    [InlineData(0, 0x900, false)]
    [InlineData(65, 0x900, false)]
    [InlineData(11, 0x1_0000_0000, false)]
    public void TryReadKilled_SignalAndMessage_MustBePossible(ulong signal, ulong message, bool expected)
    {
        Put(signal, message);

        Assert.Equal(expected, HypercallDecoder.TryReadKilled(_memory, Arguments, out var readSignal, out var readMessage));
        Assert.Equal(expected ? ((int)signal, (uint)message) : (0, 0U), (readSignal, readMessage));
    }

    [Fact]
    public void TryReadKilled_OutsideMemory_IsRefused() => Assert.False(HypercallDecoder.TryReadKilled(_memory, End - 15, out _, out _));

    private void Put(params ReadOnlySpan<ulong> words) =>
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(Arguments), MemoryMarshal.AsBytes(words)));

    private (Errno Errno, GuestCall Call) Decode(HypercallPort port, uint argument) =>
        (HypercallDecoder.TryDecode(_memory, port, argument, out var call), call);
}
