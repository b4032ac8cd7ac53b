using KvmActors.Tests;

namespace KvmActors.EndToEnd;

/// <summary>Guests with no kernel.</summary>
public sealed class BareTests
{
    [KvmTheory]
    [InlineData("bare-real", "a")]
    [InlineData("bare-long", "ABCD123")]
    public async Task Run_BareScenario_PrintsAndHalts(string scenario, string output)
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario);
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
            Assert.Equal(output, host.Output.TrimEnd('\n'));
        }

        Assert.Equal("Halted", Assert.Single(results.GetProperty("vms").EnumerateArray()).GetProperty("outcome").GetString());
    }

    [KvmTheory]
    [InlineData("triple.bin", "long64", "triple fault")]
    [InlineData("unclaimed-port.bin", "long64", "unclaimed port 0x1234")]
    [InlineData("unclaimed-mmio.bin", "long64", "unclaimed address 0x")]
    public async Task Run_GuestThatCrashes_SaysWhyAndLeavesSiblingsAlone(string image, string boot, string message)
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Bare("bad", boot, image), ScenarioFile.Bare("good", "long64", "halt.bin", """, "Instances": 3 """));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal(1, host.ExitCode);
        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal("Crashed", vms[0].GetProperty("outcome").GetString());
        Assert.Contains(message, vms[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("RIP 0x", vms[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.All(vms.Skip(1), vm => Assert.Equal("Halted", vm.GetProperty("outcome").GetString()));
        host.Dispose();
    }

    [KvmTheory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_RegistersAtEntry_AreAsPromised(int vcpus)
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Bare("registers", "elf64", "registers.elf", $$""", "Vcpus": {{vcpus}}, "Args": ["first", "second"], "Env": { "NAME": "value" } """));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Equal(0, host.ExitCode);
        Assert.DoesNotContain("FAIL", host.Output, StringComparison.Ordinal);
        Assert.Contains("ok", host.Output, StringComparison.Ordinal);
    }
}
