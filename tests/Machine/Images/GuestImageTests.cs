using KvmActors.Interop.Memory;
using KvmActors.Machine.Images;

namespace KvmActors.Machine.Tests.Images;

public class GuestImageTests
{
    private static readonly MemoryRange[] Ranges = [Range(0x1000, 0x1000), Range(0x2000, 0x1000), Range(0x8000, 0x1000)];

    [Theory]
    [InlineData(0x1000, 0x1000, true)]
    [InlineData(0x1FFF, 1, true)]
    [InlineData(0x8800, 0x800, true)]
    [InlineData(0x1800, 0x1000, false)]
    [InlineData(0x0FFF, 2, false)]
    [InlineData(0x8FFF, 2, false)]
    [InlineData(0x4000, 1, false)]
    [InlineData(0x1000, ulong.MaxValue, false)]
    public void LiesIn_Segment_MustBeInOneRangeWhole(ulong address, ulong size, bool expected) =>
        Assert.Equal(expected, Segment(address, [], size).LiesIn(Ranges));

    [Fact]
    public void TryPlace_Segments_GoWhereTheyBelong()
    {
        using var memory = GuestMemory.Allocate(Ranges);
        var image = new GuestImage([Segment(0x1004, [1, 2], 8), Segment(0x8000, [3], 1)], new GuestPhysAddr(0x1004));

        Assert.True(image.TryPlace(memory));

        Assert.True(memory.TryRead(new GuestPhysAddr(0x1000), out ulong first));
        Assert.True(memory.TryRead(new GuestPhysAddr(0x8000), out byte second));
        Assert.Equal((0x0000_0201_0000_0000UL, 3), (first, second));
        Assert.Equal(new GuestPhysAddr(0x8001), image.End);
    }

    [Fact]
    public void TryPlace_SegmentOutsideMemory_IsRefused()
    {
        using var memory = GuestMemory.Allocate(Ranges);

        Assert.False(new GuestImage([Segment(0x8FFF, [1, 2], 2)], new GuestPhysAddr(0x8FFF)).TryPlace(memory));
    }

    private static MemoryRange Range(ulong start, ulong length) => new(new GuestPhysAddr(start), length);

    private static ImageSegment Segment(ulong address, byte[] bytes, ulong size) => new(new GuestPhysAddr(address), bytes, size);
}
