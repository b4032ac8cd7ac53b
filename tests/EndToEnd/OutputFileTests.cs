using System.Text.Json;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The files a run writes, and places that cannot be written to.</summary>
[Trait("Needs", "Speed")]
public sealed class OutputFileTests
{
    [VmTheory]
    [InlineData("--json")]
    [InlineData("--report")]
    [InlineData("--timeline")]
    public async Task Run_PlaceThatCannotBeWritten_StartsNothing(string option)
    {
        using var host = await HostProcess.RunAsync("--scenario", "hello", option, "/nowhere/at/all");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"kvmactors: {option} /nowhere/at/all: ", line, StringComparison.Ordinal);
    }

    [VmTheory]
    [InlineData("--json")]
    [InlineData("--report")]
    [InlineData("--timeline")]
    public async Task Run_DiskFull_LosesOnlyThatFile(string full)
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("hello", "\"/bin/hello\""));
        string[] options = ["--json", "--report", "--timeline"];
        var files = options.ToDictionary(option => option, option => option == full ? "/dev/full" : Path.Combine(scenario.Folder, option));

        using var host = await HostProcess.RunAsync(["--scenario", scenario.Path, "--quiet", .. files.SelectMany(file => new[] { file.Key, file.Value })]);

        Assert.Equal((4, "Hello from ring 3!\n"), (host.ExitCode, host.Output));
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"kvmactors: {full} /dev/full: ", line, StringComparison.Ordinal);
        foreach (var (option, file) in files.Where(file => file.Key != full))
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.EndsWith(option == "--report" ? "</html>\n" : "}", text, StringComparison.Ordinal);
            if (option != "--report")
            {
                using var document = JsonDocument.Parse(text);
            }
        }
    }

    [VmFact]
    public async Task Run_TwoFilesThatAreOne_StartsNothing()
    {
        using var scenario = new ScenarioFile("{}");
        var file = scenario.Path;
        File.CreateSymbolicLink(file + ".link", file);

        using var host = await HostProcess.RunAsync("--scenario", "hello", "--json", file, "--report", file + ".link");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Equal("kvmactors: --json and --report lead to the same file; give each a file of its own\n", host.Error);
        Assert.Contains("Scenario", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_FileSizeLimit_IsAFileThatCannotBeWritten()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("hello", "\"/bin/hello\""));
        var json = Path.Combine(scenario.Folder, "out.json");

        // In blocks of 512 bytes. What the runtime maps twice is a file too.
        using var host = await HostProcess.RunByShellAsync(
            "export DOTNET_EnableWriteXorExecute=0; ulimit -f 2; exec \"$@\"", "--scenario", scenario.Path, "--quiet", "--json", json);

        Assert.Equal((4, "Hello from ring 3!\n"), (host.ExitCode, host.Output));
        Assert.StartsWith($"kvmactors: --json {json}: ", Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal([scenario.Path], Directory.GetFileSystemEntries(scenario.Folder));
    }

    [VmFact]
    public async Task Run_ResultsToStandardOutput_ComeBehindWhatGuestsWrote()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("hello", "\"/bin/hello\""));
        var file = Path.Combine(scenario.Folder, "all");

        using var host = await HostProcess.RunByShellAsync($"exec \"$@\" >'{file}'", "--scenario", scenario.Path, "--quiet", "--json", "/dev/stdout");

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
        var text = await File.ReadAllTextAsync(file);
        Assert.StartsWith("Hello from ring 3!\n{", text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(text[text.IndexOf('{', StringComparison.Ordinal)..]);
    }

    [VmFact]
    public async Task Run_HostilePanic_IsTextInTheReport()
    {
        const int Message = 16;
        var panics = new Code16().MovEax(Message).MovDx(0xFFFF).OutDx(4).Hlt().DataAt(Message, "<script>alert(1)</script>\0"u8).ToArray();
        using var scenario = new ScenarioFile("""{ "Name": "evil", "Boot": "real16", "Image": "panics.bin", "MemoryMiB": 1 }""");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, "panics.bin"), panics);
        var report = Path.Combine(scenario.Folder, "report.html");

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path, "--report", report);

        Assert.Equal(1, host.ExitCode);
        var text = await File.ReadAllTextAsync(report);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
    }
}
