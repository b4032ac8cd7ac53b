using KvmActors.Host.CommandLine;
using KvmActors.Machine.Stepping;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class StopPointTextTests
{
    [Theory]
    [InlineData("0x401000", 0x401000UL)]
    [InlineData("0XFFFFffff80001000", 0xFFFF_FFFF_8000_1000UL)]
    [InlineData("0x0", 0UL)]
    public void Parse_Hexadecimal_IsARip(string text, ulong rip) => Assert.Equal(new StopPoint(rip, null), StopPointText.Parse(text));

    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("401000", 401_000UL)]
    public void Parse_Decimal_IsANumberOfInstructions(string text, ulong count) => Assert.Equal(new StopPoint(null, count), StopPointText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("main")]
    [InlineData("0x")]
    [InlineData("0x1g")]
    [InlineData("0x10000000000000000")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("18446744073709551616")]
    [InlineData(" 1")]
    public void Parse_AnythingElse_IsNeither(string text) => Assert.Null(StopPointText.Parse(text));
}
