using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public class GuestMemoryTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 100)]
    [InlineData(100, 4096)]
    [InlineData(0, 4097)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x2000)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000)]
    public void Allocate_ImpossibleRange_IsRefused(ulong start, ulong length) =>
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate(Range(start, length)));

    [Theory]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x0000, 0x1000)]
    [InlineData(0x2000, 0x1000)]
    public void Allocate_OverlapOrWrongOrder_IsRefused(ulong start, ulong length) =>
        Assert.Throws<ArgumentException>(() => GuestMemory.Allocate(Range(0x1000, 0x2000), Range(start, length)));

    [Fact]
    public void Allocate_MoreThanTheAddressSpace_NamesMmapAndTheSize()
    {
        var error = Assert.Throws<SystemCallException>(() => GuestMemory.Allocate(Range(0, 1UL << 60)));

        Assert.Equal(("mmap", Errno.ENOMEM), (error.Operation, error.Errno));
        Assert.Contains("1152921504606846976 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allocate_FreshMemory_IsZero()
    {
        using var memory = GuestMemory.Allocate(Range(0, 0x4000));

        Assert.True(memory.TryGetSpan(At(0), 0x4000, out var bytes));
        Assert.False(bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Ranges_And_TotalBytes_AreWhatWasAskedFor()
    {
        using var memory = GuestMemory.Allocate(Range(0, 0x1000), Range(0x1000, 0x3000), Range(0x1_0000_0000, 0x2000));

        Assert.Equal([Range(0, 0x1000), Range(0x1000, 0x3000), Range(0x1_0000_0000, 0x2000)], memory.Ranges);
        Assert.Equal(0x6000UL, memory.TotalBytes);
    }

    [Fact]
    public void TryWrite_ThenTryRead_IsLittleEndianAtAnyAlignment()
    {
        using var memory = GuestMemory.Allocate(Range(0, 0x1000));

        Assert.True(memory.TryWrite(At(3), 0x1122_3344_5566_7788UL));

        Assert.True(memory.TryRead(At(3), out byte lowest));
        Assert.True(memory.TryRead(At(9), out ushort highest));
        Assert.Equal((0x88, 0x1122), (lowest, highest));
    }

    [Fact]
    public void TryWrite_PartlyOutside_WritesNothing()
    {
        using var memory = GuestMemory.Allocate(Range(0, 0x1000));

        Assert.False(memory.TryWrite(At(0xFFC), ulong.MaxValue));
        Assert.False(memory.TryWriteBytes(At(0xFFF), [1, 2]));

        Assert.True(memory.TryRead(At(0xFF8), out ulong untouched));
        Assert.Equal(0UL, untouched);
    }

    [Fact]
    public void TryGetSpan_AcrossTwoRangesThatTouch_IsRefused()
    {
        using var memory = GuestMemory.Allocate(Range(0, 0x1000), Range(0x1000, 0x1000));

        Assert.False(memory.TryGetSpan(At(0xFFF), 2, out var bytes));
        Assert.True(bytes.IsEmpty);
    }

    [Fact]
    public void TryGetSpan_LongerThanASpanCanBe_IsRefused()
    {
        using var memory = GuestMemory.Allocate(Range(0, 3UL << 30));

        Assert.False(memory.TryGetSpan(At(0), 1UL << 31, out _));
        Assert.True(memory.TryGetSpan(At(0), int.MaxValue, out var bytes));
        Assert.Equal(int.MaxValue, bytes.Length);
        Assert.True(memory.TryWrite(At((3UL << 30) - 8), 1UL));
    }

    [Fact]
    public void Dispose_ThenAnyAccess_IsRefused()
    {
        var memory = GuestMemory.Allocate(Range(0, 0x1000));

        memory.Dispose();
        memory.Dispose();

        Assert.False(memory.TryRead(At(0), out byte _));
        Assert.False(memory.TryWrite(At(0), (byte)1));
        Assert.False(memory.TryGetSpan(At(0), 1, out _));
        Assert.Equal(GuestStringResult.OutsideMemory, memory.ReadString(At(0), new byte[4], out _));
    }

    private static GuestPhysAddr At(ulong address) => new(address);

    private static MemoryRange Range(ulong start, ulong length) => new(At(start), length);
}
