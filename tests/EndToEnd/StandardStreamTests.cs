using System.Globalization;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Standard streams that are missing, full, or that nobody reads.</summary>
public sealed class StandardStreamTests
{
    [VmTheory]
    [InlineData("0<&-")]
    [InlineData("1>&-")]
    [InlineData("2>&-")]
    [InlineData("0<&- 1>&- 2>&-")]
    public async Task Run_StreamsClosedAtTheStart_AreNothing(string closed)
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "00:05:00" """));
        var json = Path.Combine(scenario.Folder, "out.json");
        using var host = HostProcess.StartByShell($"exec \"$@\" {closed}", "--scenario", scenario.Path, "--json", json);

        await UntilAsync(() => Enumerable.Range(0, 3).All(stream =>
            !closed.Contains(stream.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) || Target(host, stream) == "/dev/null"));
        await UntilAsync(() => host.Vcpus() > 0);
        host.Signal("TERM");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        AssertWhole(json);
    }

    [VmFact]
    public async Task Exec_WithoutStandardInput_ReadsItsEnd()
    {
        using var host = await HostProcess.RunByShellAsync("exec \"$@\" 0<&-", "exec", "orw", "/dev/stdin");

        Assert.Equal((0, "", ""), (host.ExitCode, host.Output, host.Error));
    }

    [VmTheory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    [InlineData("2>/dev/full --quiet")]
    public async Task Run_ErrorsThatCannotBeTold_CostNothingElse(string errors)
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Bare("bad", "long64", "unclaimed-port.bin"), ScenarioFile.Program("good", "\"/bin/hello\""));
        var json = Path.Combine(scenario.Folder, "out.json");

        using var host = await HostProcess.RunByShellAsync($"exec \"$@\" {errors}", "--scenario", scenario.Path, "--json", json, "--trace");

        Assert.Equal((1, "Hello from ring 3!\n"), (host.ExitCode, host.Output));
        AssertWhole(json);
    }

    [VmFact]
    public async Task Run_OutputDiskFull_EndsWith4AndSaysSo()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("hello", "\"/bin/hello\""));

        using var host = await HostProcess.RunByShellAsync("exec \"$@\" >/dev/full", "--scenario", scenario.Path, "--quiet");

        Assert.Equal(4, host.ExitCode);
        Assert.Equal("kvmactors: standard output: ENOSPC (No space left on device); some of what guests wrote is missing\n", host.Error);
    }

    [Theory]
    [InlineData(4, "list")]
    [InlineData(4, "--help")]
    [InlineData(2, "--frob")]
    public async Task Commands_EverythingFull_EndWithTheirCode(int exitCode, string word)
    {
        using var host = await HostProcess.RunByShellAsync("exec \"$@\" >/dev/full 2>&1", word);

        Assert.Equal(exitCode, host.ExitCode);
    }

    [VmFact]
    public async Task Run_ReaderOfErrorsThatStalls_DoesNotKeepItFromEnding()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Instances": 40, "Timeout": "00:05:00" """));
        var json = Path.Combine(scenario.Folder, "out.json");
        using var host = HostProcess.StartByShell(
            $"mkfifo '{scenario.Folder}/errors'; exec \"$@\" 2<>'{scenario.Folder}/errors'", "--trace", "--scenario", scenario.Path, "--json", json, "--Scenario:MaxConcurrency=40");
        await UntilAsync(() => host.Vcpus() > 20);

        host.Signal("INT");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        AssertWhole(json);
    }

    private static string? Target(HostProcess host, int stream) => new FileInfo($"/proc/{host.Id}/fd/{stream}").LinkTarget;

    private static void AssertWhole(string json)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(json));
        Assert.NotEmpty(document.RootElement.GetProperty("vms").EnumerateArray());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(30));
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
