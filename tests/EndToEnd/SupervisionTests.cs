using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>VMs that are started again, and those that are not any more.</summary>
public sealed class SupervisionTests
{
    // No run is as wanted.
    private const string Never = """ "Expect": { "Outcome": "Exited", "ExitCode": 7 } """;

    [VmFact]
    public async Task Run_VmThatAlwaysFails_IsQuarantinedAndToldOnce()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("a", "\"/bin/hello\"", $$""", {{Never}}, "Restart": { "Policy": "OnFailure", "MaxRestarts": 2, "Window": "00:01:00", "Backoff": "00:00:00.01" } """),
            ScenarioFile.Program("a-0-restart", "\"/bin/hello\""));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        using (host)
        {
            Assert.Equal(1, host.ExitCode);
            Assert.Single(host.Error.Split('\n'), line => line.Contains("a-0 is not started again after 2 restarts", StringComparison.Ordinal));
            Assert.Contains("(quarantined after 2 restarts)", host.Error, StringComparison.Ordinal);
        }

        Assert.Equal(
            [("a-0", 2, true), ("a-0-restart-0", 0, false)],
            results.GetProperty("vms").EnumerateArray().Select(vm =>
                (vm.GetProperty("id").GetString(), vm.GetProperty("restarts").GetInt32(), vm.GetProperty("quarantined").GetBoolean())));
    }

    [VmFact]
    public async Task Run_VmThatIsStartedAlways_EndsByCtrlCWithItsResults()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("again", "\"/bin/hello\"", """, "Restart": { "Policy": "Always", "Backoff": "00:00:00.01" } """));
        var json = Path.Combine(scenario.Folder, "out.json");
        using var host = HostProcess.Start("--scenario", scenario.Path, "--json", json);
        await host.WaitForLinesAsync("Hello from ring 3!", 5);

        host.Signal("INT");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        var vm = Assert.Single(document.RootElement.GetProperty("vms").EnumerateArray().ToList());
        Assert.InRange(vm.GetProperty("restarts").GetInt32(), 4, int.MaxValue);
        Assert.Equal((false, 0), (vm.GetProperty("quarantined").GetBoolean(), document.RootElement.GetProperty("leftBehind").GetInt32()));
    }
}
