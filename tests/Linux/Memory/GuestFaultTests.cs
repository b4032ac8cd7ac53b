using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Tests.Memory;

public class GuestFaultTests
{
    [Theory]
    [InlineData(0x40_0000, false, 0x8000_0000_0040_0000)]
    [InlineData(0x40_0000, true, 0x8000_0000_0040_0001)]
    [InlineData(0x40_0FFF, false, 0x8000_0000_0040_0FFE)]
    [InlineData(0x40_0FFF, true, 0x8000_0000_0040_0FFF)]
    public void ToRegister_Fault_NamesThePageAndWhetherItIsWritten(ulong address, bool isWrite, ulong expected) =>
        Assert.Equal(expected, new GuestFault(address, isWrite).ToRegister());

    [Fact]
    public void ToRegister_IsAsTheHeaderSays() => Assert.Equal(
        (0x8000_0000_1234_5679, 0x8000_0000_1234_5678),
        (new GuestFault(0x1234_5679, IsWrite: true).ToRegister(), new GuestFault(0x1234_5679, IsWrite: false).ToRegister()));
}
