using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

public class GuestPhysAddrTests
{
    [Fact]
    public void ToString_IsHexadecimal() => Assert.Equal("0x1f6000", new GuestPhysAddr(0x1F_6000).ToString());

    [Fact]
    public void Add_PastTheEnd_Wraps() => Assert.Equal(new GuestPhysAddr(1), new GuestPhysAddr(ulong.MaxValue) + 2);

    [Fact]
    public void Comparisons_AreUnsigned()
    {
        var (low, high) = (new GuestPhysAddr(1), new GuestPhysAddr(1UL << 63));

        Assert.True(low < high && high > low && low <= high && high >= low && low.CompareTo(high) < 0);
    }
}
