using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Instances of one VM that differ: what each gets, how it starts, what the results tell.</summary>
[Trait("Needs", "Speed")]
public sealed class InstanceTests
{
    [VmFact]
    public async Task Run_ArgumentsThatDiffer_ReachEachProgramAndStayWarm()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("say", "\"/bin/env\", \"{index}\", \"{name}\", \"{mode}\"",
            """, "Instances": 3, "Matrix": { "mode": ["short", "much longer than the other one"] }, "Env": { "ME": "{name} of {{6}}" } """));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path, "--Scenario:MaxConcurrency=1");

        Assert.Equal(0, host.ExitCode);
        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(["say-0", "say-1", "say-2", "say-3", "say-4", "say-5"], vms.Select(vm => vm.GetProperty("id").GetString()));
        foreach (var (index, vm) in vms.Index())
        {
            var mode = index < 3 ? "short" : "much longer than the other one";
            var output = vm.GetProperty("output").GetString()!;
            Assert.Contains($"argv {index}\n", output, StringComparison.Ordinal);
            Assert.Contains($"argv say-{index}\n", output, StringComparison.Ordinal);
            Assert.Contains($"argv {mode}\n", output, StringComparison.Ordinal);
            Assert.Contains($"ME=say-{index} of {{6}}\n", output, StringComparison.Ordinal);
            Assert.Equal(mode, vm.GetProperty("matrix").GetProperty("mode").GetString());
        }

        // The first one boots; the others go on behind it.
        Assert.Equal(5, vms.Count(vm => vm.GetProperty("start").GetString() == "Warm"));
        host.Dispose();
    }

    [VmFact]
    public async Task Run_FilesAndInputThatDiffer_AreEachInstancesOwn()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("read", "\"/bin/orw\", \"/data\"").Replace(
            "\"Files\": [", """ "Instances": 2, "Files": [ { "Guest": "/data", "Host": "data-{index}" },""", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(scenario.Folder, "data-0"), "zero\n");
        await File.WriteAllTextAsync(Path.Combine(scenario.Folder, "data-1"), "one\n");

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal(0, host.ExitCode);
        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(["zero\n", "one\n"], vms.Select(vm => vm.GetProperty("output").GetString()));
        Assert.All(vms, vm => Assert.Equal("no other instance has the same files, input and program", vm.GetProperty("coldReason").GetString()));
        host.Dispose();
    }

    [VmFact]
    public async Task Run_Seeds_AreTheSameEachTimeAndFollowTheScenarios()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("say", "\"/bin/env\", \"{seed}\"", """, "Instances": 3 """));

        var first = await SeedsAsync(scenario, "1");
        var again = await SeedsAsync(scenario, "1");
        var other = await SeedsAsync(scenario, "2");

        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, again);
        Assert.Empty(first.Intersect(other));
    }

    private static async Task<List<string>> SeedsAsync(ScenarioFile scenario, string seed)
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path, $"--Scenario:Seed={seed}");
        host.Dispose();
        return [.. results.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("output").GetString()!)
            .Select(output => output.Split('\n').Last(line => line.StartsWith("argv ", StringComparison.Ordinal)))];
    }
}
