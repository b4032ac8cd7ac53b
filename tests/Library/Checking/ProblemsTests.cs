using KvmActors.Library.Checking;
using KvmActors.Machine.Boot;

namespace KvmActors.Library.Tests.Checking;

public sealed class ProblemsTests
{
    [Theory]
    [InlineData(null, 0)]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("0x217", 0x217)]
    [InlineData("0XfF", 255)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void ReadNumber_Number_IsRead(string? text, ulong expected)
    {
        var problems = new Problems();

        Assert.Equal(expected, problems.ReadNumber("Key", text));
        problems.ThrowIfAny();
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("12g")]
    [InlineData("18446744073709551616")]
    public void ReadNumber_NoNumber_IsAProblemThatQuotesIt(string text)
    {
        var problems = new Problems();

        problems.ReadNumber("Key", text);

        var problem = Assert.Single(Assert.Throws<ConfigurationException>(problems.ThrowIfAny).Problems);
        Assert.StartsWith("Key: ", problem, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("elf64", BootProtocol.Elf64)]
    [InlineData("Real16", BootProtocol.Real16)]
    public void ReadName_Name_IsReadInAnyCase(string text, BootProtocol expected) =>
        Assert.Equal(expected, new Problems().ReadName<BootProtocol>("Key", text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("Long64, Elf64")]
    public void ReadName_OtherText_IsAProblemThatListsTheNames(string? text)
    {
        var problems = new Problems();

        problems.ReadName<BootProtocol>("Key", text);

        Assert.Contains("Protected32", Assert.Throws<ConfigurationException>(problems.ThrowIfAny).Message, StringComparison.Ordinal);
    }
}
