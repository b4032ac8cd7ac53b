using KvmActors.Machine.Boot;

namespace KvmActors.Machine.Tests.Boot;

/// <summary>Descriptors taken apart as Intel SDM vol. 3A, figure 3-8, draws them.</summary>
public class SegmentDescriptorsTests
{
    [Theory]
    [InlineData(MemoryLayout.KernelCodeSelector, 0xB, 0, 1, 0)]
    [InlineData(MemoryLayout.KernelDataSelector, 0x3, 0, 0, 1)]
    [InlineData(MemoryLayout.UserDataSelector, 0x3, 3, 0, 1)]
    [InlineData(MemoryLayout.UserCodeSelector, 0xB, 3, 1, 0)]
    public void LongModeGdt_Selector_IsAFlatSegmentOfItsRing(int selector, int type, int ring, int isLong, int isDefault32)
    {
        var entry = SegmentDescriptors.LongModeGdt[selector / 8];

        Assert.Equal((type, 1, ring, 1), (Bits(entry, 40, 4), Bits(entry, 44, 1), Bits(entry, 45, 2), Bits(entry, 47, 1)));
        Assert.Equal((isLong, isDefault32, 1), (Bits(entry, 53, 1), Bits(entry, 54, 1), Bits(entry, 55, 1)));
        Assert.Equal((0xFFFF, 0xF), (Bits(entry, 0, 16), Bits(entry, 48, 4)));
        Assert.Equal((0, 0, 0), (Bits(entry, 16, 16), Bits(entry, 32, 8), Bits(entry, 56, 8)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(MemoryLayout.TssSelector)]
    [InlineData(MemoryLayout.TssSelector + 8)]
    public void LongModeGdt_NullAndTheGuestsOwn_AreEmpty(int selector) => Assert.Equal(0UL, SegmentDescriptors.LongModeGdt[selector / 8]);

    // What the registers hide is what the tables say: a guest that reloads them finds no difference.
    [Fact]
    public void FlatSegments_OfLongMode_AreThoseOfTheGdt()
    {
        AssertIs(SegmentDescriptors.LongModeGdt[MemoryLayout.KernelCodeSelector / 8], SegmentDescriptors.FlatCode(is64Bit: true));
        AssertIs(SegmentDescriptors.LongModeGdt[MemoryLayout.KernelDataSelector / 8], SegmentDescriptors.FlatData());
    }

    [Fact]
    public void FlatCode_Of32Bits_IsNotLong()
    {
        var code = SegmentDescriptors.FlatCode(is64Bit: false);

        Assert.Equal((0, 1), (code.l, code.db));
    }

    private static void AssertIs(ulong entry, Interop.Kvm.Native.kvm_segment segment)
    {
        Assert.Equal((Bits(entry, 40, 4), Bits(entry, 44, 1), Bits(entry, 45, 2)), (segment.type, segment.s, segment.dpl));
        Assert.Equal((Bits(entry, 47, 1), Bits(entry, 53, 1), Bits(entry, 54, 1), Bits(entry, 55, 1)), (segment.present, segment.l, segment.db, segment.g));
        Assert.Equal((0UL, uint.MaxValue), (segment.@base, segment.limit));
    }

    private static int Bits(ulong entry, int first, int count) => (int)(entry >> first) & ((1 << count) - 1);
}
