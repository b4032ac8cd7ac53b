using KvmActors.EndToEnd.Tests.Exec;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Thousands of VMs: alone on the machine, so that no other test's guests run out of time meanwhile.</summary>
[Collection(SerialCollection.Name)]
public sealed class DensityTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    [VmFact]
    public async Task Run_FleetOf10000_EndsAllInAFewVms()
    {
        var instances = TestTime.Rounds(10_000);
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "fleet", $"--Scenario:Vms:0:Instances={instances}");

        using (host)
        {
            Assert.Equal(0, host.ExitCode);
            Assert.Equal(instances, host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line == "Hello from ring 3!"));
            var vms = results.GetProperty("vms").EnumerateArray().ToList();
            Assert.Equal(instances, vms.Count);
            Assert.InRange(vms.Count(vm => vm.GetProperty("start").GetString() == "Cold"), 1, 32);
        }
    }

    // Every VM sleeps for longer than it takes to make them all.
    [VmFact]
    public async Task Run_2000VmsAtOnce_AllLive()
    {
        var vms = TestTime.Rounds(2000);
        using var scenario = new ScenarioFile($$"""
            {
              "Name": "crowd", "Instances": {{vms}}, "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/sleeper", "600" ],
              "MemoryMiB": 4, "Timeout": "00:10:00", "Limits": { "OpenFiles": 1 }, "Files": [ { "Guest": "/bin", "Host": "{{programs.Folder}}" } ]
            }
            """);
        using var host = HostProcess.Start("--scenario", scenario.Path, "--Scenario:MaxConcurrency=2000", "--Scenario:OvercommitMemory=true");

        await host.WaitForLinesAsync("awake", vms);
        host.Signal("INT");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        Assert.Equal(vms, host.Output.Split('\n').Count(line => line == "awake"));
    }
}
