using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What becomes of what guests send to a terminal, and to others.</summary>
public sealed class ConsoleTests : IDisposable
{
    private const string Red = "\e[31mred\e]0;title\a\u009b1m\n";

    private readonly ScenarioFile _scenario = new(
        """{ "Name": "loud", "Boot": "real16", "Image": "loud.bin", "MemoryMiB": 1 }""");

    public ConsoleTests()
    {
        var code = new Code16().MovDx(0xE9);
        foreach (var value in System.Text.Encoding.UTF8.GetBytes(Red))
        {
            code.MovAl(value).OutDx(1);
        }

        File.WriteAllBytes(Path.Combine(_scenario.Folder, "loud.bin"), code.Hlt().ToArray());
    }

    public void Dispose() => _scenario.Dispose();

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_OnATerminal_ShowsWhatGuestsWouldHaveItDo()
    {
        var seen = await HostOnTerminal.RunAsync("--scenario", _scenario.Path, "--quiet");

        Assert.Equal("^[[31mred^[]0;title^G<U+009B>1m\r\n", seen);
    }

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_RawOnATerminal_SendsItAsItIs() =>
        Assert.Equal(Red.Replace("\n", "\r\n", StringComparison.Ordinal), await HostOnTerminal.RunAsync("--scenario", _scenario.Path, "--quiet", "--console", "raw"));

    [VmTheory]
    [InlineData("raw", Red)]
    [InlineData("safe", "^[[31mred^[]0;title^G<U+009B>1m\n")]
    [InlineData(null, Red)]
    public async Task Run_NotOnATerminal_IsAsItIsUnlessToldOtherwise(string? mode, string expected)
    {
        using var host = await HostProcess.RunAsync(["--scenario", _scenario.Path, "--quiet", .. mode is null ? Array.Empty<string>() : ["--console", mode]]);

        Assert.Equal((0, expected), (host.ExitCode, host.Output));
    }
}
