using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Tests.Paging;

public class PageTableEntryTests
{
    // Intel SDM vol. 3A, figure 4-8: bits 47:39, 38:30, 29:21 and 20:12 pick the entries, 11:0 the byte.
    [Fact]
    public void IndexOf_EveryLevel_TakesTheAddressApart() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(),
        address =>
        {
            var lower = address % PageTableEntry.LowerHalfEnd;
            var indices = Enumerable.Range(0, 4).Select(level => PageTableEntry.IndexOf(lower, PageTableEntry.TopShift - (level * PageTableEntry.BitsPerLevel))).ToList();
            var together = indices.Aggregate(0UL, (sum, index) => (sum << PageTableEntry.BitsPerLevel) + index) << PageTableEntry.PageShift;
            return indices.All(index => index < 512) && together + (lower % PageTableEntry.PageSize) == lower;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0x0000_7FFF_FFFF_FFFF, 39, 0xFF)]
    [InlineData(0x0000_0000_4000_0000, 30, 1)]
    [InlineData(0x0000_0000_0020_0000, 21, 1)]
    [InlineData(0x0000_0000_001F_F000, 12, 0x1FF)]
    [InlineData(0xFFFF_8000_0000_0000, 39, 0x100)]
    public void IndexOf_Address_IsItsPlaceInTheTable(ulong address, int shift, ulong expected) =>
        Assert.Equal(expected, PageTableEntry.IndexOf(address, shift));
}
