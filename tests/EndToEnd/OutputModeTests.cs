using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Where guests' output goes, and what the results keep of it.</summary>
[Trait("Needs", "Speed")]
public sealed class OutputModeTests
{
    [VmFact]
    public async Task Run_Prefix_EachLineTellsWhoseItIs()
    {
        using var host = await HostProcess.RunAsync("--scenario", "hello", "--Scenario:Vms:0:Instances=3", "--output", "prefix", "--quiet");

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
        Assert.Equal(
            ["hello-0 | Hello from ring 3!", "hello-1 | Hello from ring 3!", "hello-2 | Hello from ring 3!"],
            host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [TerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_PrefixOnATerminal_IsColoured()
    {
        var seen = await HostOnTerminal.RunAsync("--scenario", "hello", "--output", "prefix", "--quiet");

        Assert.Matches("\e\\[[0-9]+mhello-0 \\|\e\\[0m Hello from ring 3!", seen);
    }

    [VmFact]
    public async Task Run_None_ShowsNothingAndKeepsItInTheResults()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "hello", "--output", "none");

        Assert.Equal((0, ""), (host.ExitCode, host.Output));
        var vm = results.GetProperty("vms")[0];
        Assert.Equal(("Hello from ring 3!\n", 0), (vm.GetProperty("output").GetString(), vm.GetProperty("outputCutBytes").GetInt32()));
        host.Dispose();
    }

    [VmTheory]
    [InlineData("files=FOLDER/out")]
    [InlineData("files", "FOLDER/out")]
    public async Task Run_Files_AreOneForEachInstance(params string[] words)
    {
        using var scenario = new ScenarioFile("{}");
        using var host = await HostProcess.RunAsync(
            ["--scenario", "hello", "--Scenario:Vms:0:Instances=2", "--quiet", "--output", .. words.Select(word => word.Replace("FOLDER", scenario.Folder, StringComparison.Ordinal))]);

        Assert.Equal((0, "", ""), (host.ExitCode, host.Output, host.Error));
        Assert.Equal("Hello from ring 3!\n", await File.ReadAllTextAsync(Path.Combine(scenario.Folder, "out", "hello-0.log")));
        Assert.Equal("Hello from ring 3!\n", await File.ReadAllTextAsync(Path.Combine(scenario.Folder, "out", "hello-1.log")));
    }

    [VmFact]
    public async Task Exec_WithResults_KeepsWhatTheProgramWrote()
    {
        using var place = new ScenarioFile("{}");
        var file = Path.Combine(place.Folder, "results.json");

        using var host = await HostProcess.RunAsync("exec", "--json", file, "hello");

        Assert.Equal((0, "Hello from ring 3!\n", ""), (host.ExitCode, host.Output, host.Error));
        using var results = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(file));
        Assert.Equal("Hello from ring 3!\n", results.RootElement.GetProperty("vms")[0].GetProperty("output").GetString());
    }

    [VmFact]
    public async Task Run_MuchOutput_IsCutInTheResultsAndCounted()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("orw", "\"/bin/orw\", \"/data\"").Replace(
            "\"Files\": [", """ "Files": [ { "Guest": "/data", "Host": "data.txt" },""", StringComparison.Ordinal));
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number}\n"));
        await File.WriteAllTextAsync(Path.Combine(scenario.Folder, "data.txt"), text);

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal((0, text), (host.ExitCode, host.Output));
        var vm = results.GetProperty("vms")[0];
        var (output, cut) = (vm.GetProperty("output").GetString()!, vm.GetProperty("outputCutBytes").GetInt64());
        Assert.StartsWith("0\n1\n2\n", output, StringComparison.Ordinal);
        Assert.EndsWith("99998\n99999\n", output, StringComparison.Ordinal);
        Assert.Contains($"\n[… {cut} bytes …]\n", output, StringComparison.Ordinal);
        Assert.Equal(text.Length, output.Length - $"\n[… {cut} bytes …]\n".Length + cut);
        host.Dispose();
    }
}
