using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What a 64-bit guest finds at entry.</summary>
public sealed class RegistersAtEntryTests
{
    [VmTheory]
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
