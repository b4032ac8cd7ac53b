using KvmActors.Host.Configuration;
using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public sealed class OutputFileTests
{
    [Fact]
    public void Open_NotGiven_IsNothing() => Assert.Null(OutputFile.Open("--json", null));

    [Theory]
    [InlineData("/nowhere/at/all")]
    [InlineData("/")]
    [InlineData("")]
    public void Open_CannotBeWritten_SaysWhichOption(string path)
    {
        var error = Assert.Throws<ConfigurationException>(() => OutputFile.Open("--report", path));

        Assert.StartsWith($"--report {path}", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void TryWrite_DiskFull_SaysSoAndGoesOn()
    {
        using var file = OutputFile.Open("--report", "/dev/full");

        Assert.False(file!.TryWrite(stream => stream.Write(new byte[1_000_000])));
    }
}
