using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Many guests at once.</summary>
public sealed class FleetTests
{
    [VmFact]
    public async Task Run_Fleet_EndsAll200()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "fleet");
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
            Assert.Equal(200, host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line == "Hello from ring 3!"));
        }

        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(200, vms.Count);
        Assert.All(vms, vm => Assert.Equal(("Exited", 0), (vm.GetProperty("outcome").GetString(), vm.GetProperty("exitCode").GetInt32())));
    }

    [VmFact]
    public async Task Run_OverriddenInstances_RunsSoMany()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "fleet", "--Scenario:Vms:0:Instances=3");

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(3, results.GetProperty("startedVms").GetInt32());
        host.Dispose();
    }
}
