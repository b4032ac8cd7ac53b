using KvmActors.Host.Inspection;

namespace KvmActors.Host.Tests.Inspection;

public sealed class RegisterFlagsTests
{
    [Fact]
    public void Names_OfBootValues_AreSpelledOut()
    {
        Assert.Equal(["PE", "MP", "ET", "NE", "WP", "AM", "PG"], RegisterFlags.Cr0(0x8005_0033));
        Assert.Equal(["PAE", "OSFXSR", "OSXMMEXCPT"], RegisterFlags.Cr4(0x620));
        Assert.Equal(["SCE", "LME", "LMA", "NXE"], RegisterFlags.Efer(0xD01));
    }

    [Theory]
    [InlineData(0x2, "")]
    [InlineData(0x246, "PF ZF IF")]
    [InlineData(0x3002, "IOPL3")]
    [InlineData(0x10D3, "CF AF ZF SF IOPL1")]
    public void Rflags_Value_IsSpelledOut(ulong value, string names) => Assert.Equal(names, string.Join(' ', RegisterFlags.Rflags(value)));
}
