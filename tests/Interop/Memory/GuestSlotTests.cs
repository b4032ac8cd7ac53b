using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public class GuestSlotTests
{
    private const ulong Length = 0x2000;

    [Fact]
    public void At_InsideTheRange_IsTheMemoryItself()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new(0x1000), Length));
        var slot = memory.Slots[0];

        slot.At<uint>(0x123) = 0xAABBCCDD;

        Assert.True(memory.TryRead(new GuestPhysAddr(0x1123), out uint value));
        Assert.Equal(0xAABBCCDDU, value);
        Assert.Equal(0xDD, slot.Span(0x123, 1)[0]);
        Assert.Equal(new GuestPhysAddr(0x1000), slot.Range.Start);
    }

    [Theory]
    [InlineData(Length - 7)]
    [InlineData(Length)]
    [InlineData(Length + 1)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    public void At_WithAByteOutside_Throws(ulong offset)
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new(0x1000), Length));

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slots[0].At<ulong>(offset));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slots[0].Span(offset, 8).Length);
    }

    [Fact]
    public void Span_WithANegativeLength_Throws()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new(0x1000), Length));

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slots[0].Span(0, -1).Length);
    }

    [Fact]
    public void At_AfterTheMemoryWasGivenBack_Throws()
    {
        var memory = GuestMemory.Allocate(new MemoryRange(new(0x1000), Length));
        var slot = memory.Slots[0];

        memory.Dispose();

        Assert.Throws<ArgumentOutOfRangeException>(() => slot.At<byte>(0));
    }
}
