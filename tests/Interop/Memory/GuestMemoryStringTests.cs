using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public sealed class GuestMemoryStringTests : IDisposable
{
    private const ulong End = 0x1000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), End));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void ReadString_TerminatedString_IsItsBytesWithoutTheNul() =>
        Assert.Equal((GuestStringResult.Ok, "/etc"), Read("/etc\0more"u8, at: 0x10, room: 16));

    [Fact]
    public void ReadString_EmptyString_IsOkAndEmpty() => Assert.Equal((GuestStringResult.Ok, ""), Read("\0"u8, at: 0x10, room: 16));

    [Fact]
    public void ReadString_FillsTheBufferWithItsNul_IsOk() => Assert.Equal((GuestStringResult.Ok, "abc"), Read("abc\0"u8, at: 0, room: 4));

    [Fact]
    public void ReadString_NoNulWithinTheBuffer_IsTooLong() => Assert.Equal((GuestStringResult.TooLong, ""), Read("abcd\0"u8, at: 0, room: 4));

    [Fact]
    public void ReadString_EndsWithTheLastByteOfMemory_IsOk() =>
        Assert.Equal((GuestStringResult.Ok, "abc"), Read("abc\0"u8, at: End - 4, room: 16));

    [Fact]
    public void ReadString_RunsOutOfMemory_IsOutside() =>
        Assert.Equal((GuestStringResult.OutsideMemory, ""), Read("abcd"u8, at: End - 4, room: 16));

    // As long as allowed and as long as memory: what matters to the guest is that no NUL came in time.
    [Fact]
    public void ReadString_BufferAndMemoryEndTogether_IsTooLong() =>
        Assert.Equal((GuestStringResult.TooLong, ""), Read("abcd"u8, at: End - 4, room: 4));

    [Theory]
    [InlineData(End)]
    [InlineData(ulong.MaxValue)]
    public void ReadString_StartsOutside_IsOutside(ulong address) =>
        Assert.Equal((GuestStringResult.OutsideMemory, ""), Read([], address, room: 16));

    [Fact]
    public void ReadString_NoRoomAtAll_IsTooLong() => Assert.Equal((GuestStringResult.TooLong, ""), Read("\0"u8, at: 0, room: 0));

    private (GuestStringResult Result, string Text) Read(ReadOnlySpan<byte> bytes, ulong at, int room)
    {
        _memory.TryWriteBytes(new GuestPhysAddr(at), bytes);
        var buffer = new byte[room];
        var result = _memory.ReadString(new GuestPhysAddr(at), buffer, out var length);
        return (result, System.Text.Encoding.UTF8.GetString(buffer, 0, length));
    }
}
