using KvmActors.Host.CommandLine;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class MemorySizeTextTests
{
    [Theory]
    [InlineData("512", 512)]
    [InlineData("-1", -1)]
    [InlineData("512m", 512)]
    [InlineData("512M", 512)]
    [InlineData("1.5g", 1536)]
    [InlineData("2GiB", 2048)]
    [InlineData("4096k", 4)]
    [InlineData("8388608b", 8)]
    [InlineData("1t", 1 << 20)]
    [InlineData("1g1", null)]
    [InlineData("m", null)]
    [InlineData("", null)]
    [InlineData("1e3", null)]
    [InlineData("-1m", null)]
    [InlineData("4097k", null)]
    [InlineData("1x", null)]
    [InlineData("1mm", null)]
    [InlineData("99999999999999999999999999999g", null)]
    [InlineData("9999t", null)]
    public void Parse_Text_IsMiB(string text, int? mebibytes) => Assert.Equal(mebibytes, MemorySizeText.Parse(text));
}
