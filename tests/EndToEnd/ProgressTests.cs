using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What people see while a scenario runs, on a terminal and elsewhere.</summary>
public sealed class ProgressTests
{
    private const string Erase = "\r\e[2K";

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_OnATerminal_ShowsALineThatMakesWayForGuestsOutput()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:00:03" """),
            ScenarioFile.Program("hello", "\"/bin/hello\"", """, "Instances": 100 """));

        var seen = await HostOnTerminal.RunAsync("--scenario", scenario.Path, "--Scenario:MaxConcurrency=2");

        Assert.Matches("[0-9.]+ s: [0-9]+ waiting, [0-9]+ running, [0-9]+ done, 0 failed, [0-9,]+ exits/s, host p99 [0-9.]+ .s", seen);
        var lines = Render(seen);
        Assert.Equal(100, lines.Count(line => line == "Hello from ring 3!"));
        Assert.DoesNotContain(lines, line => line.Contains(" waiting, ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("test: 100 of 101 VMs ended well", StringComparison.Ordinal));
    }

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_ShortOnATerminal_LeavesNoProgressBehind()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Bare("short", "real16", "real.bin"));

        // However slow the machine, the line that is shown is gone in the end.
        Assert.DoesNotContain(Render(await HostOnTerminal.RunAsync("--scenario", scenario.Path)), line => line.Contains(" waiting, ", StringComparison.Ordinal));
    }

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_QuietOnATerminal_ShowsOnlyTheGuests()
    {
        Assert.Equal("Hello from ring 3!\r\n", await HostOnTerminal.RunAsync("--scenario", "hello", "--quiet"));
    }

    [VmFact]
    public async Task Run_LongWithoutATerminal_WritesPlainLines()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:00:06" """));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Matches("(?m)^kvmactors: [0-9.]+ s: 0 waiting, 1 running, 0 done, 0 failed, [0-9,]+ exits/s", host.Error);
        Assert.DoesNotContain("\e", host.Error, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_QuietWithFailures_HasALineForEach()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Bare("bad", "long64", "unclaimed-port.bin", """, "Instances": 2 """), ScenarioFile.Program("good", "\"/bin/hello\""),
            ScenarioFile.Program("late", "\"/bin/hello\"", """, "Expect": { "Outcome": "Exited", "ExitCode": 3 } """));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path, "--quiet");

        Assert.Equal((1, "Hello from ring 3!\nHello from ring 3!\n"), (host.ExitCode, host.Output));
        Assert.Collection(
            host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("kvmactors: bad-0: Crashed: unclaimed port", line, StringComparison.Ordinal),
            line => Assert.StartsWith("kvmactors: bad-1: Crashed: unclaimed port", line, StringComparison.Ordinal),
            line => Assert.Equal("kvmactors: late-0: Exited 0", line));
    }

    // What is left on the screen, colours and the like aside.
    private static List<string> Render(string sent)
    {
        var lines = new List<string>();
        foreach (var line in sent.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n'))
        {
            var erased = line.LastIndexOf(Erase, StringComparison.Ordinal);
            lines.Add(System.Text.RegularExpressions.Regex.Replace(
                erased < 0 ? line : line[(erased + Erase.Length)..], "\e\\[[0-9;?]*[a-zA-Z]|\e[=>]", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).TrimEnd());
        }

        return lines;
    }
}
