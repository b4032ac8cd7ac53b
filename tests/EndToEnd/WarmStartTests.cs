using System.Text.Json;
using KvmActors.EndToEnd.Tests.Exec;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Many instances in a few VMs, through the whole program.</summary>
public sealed class WarmStartTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    // Registers, memory, descriptors, limits: the program looks for what its predecessor left. One VM at a time, so that each has one.
    [VmTheory]
    [InlineData("canary", 30)]
    [InlineData("canary-pie", 10)]
    public async Task Run_ProgramThatLeavesCanaries_FindsNone(string program, int instances)
    {
        using var scenario = new ScenarioFile($$"""
            {
              "Name": "canary", "Instances": {{instances}}, "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/{{program}}" ],
              "Stdin": "input.txt", "Files": [ { "Guest": "/bin", "Host": "{{programs.Folder}}" } ]
            }
            """);
        await File.WriteAllTextAsync(Path.Combine(scenario.Folder, "input.txt"), "First");

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path, "--Scenario:MaxConcurrency=1");

        using (host)
        {
            var vms = results.GetProperty("vms").EnumerateArray().ToList();
            Assert.All(vms, vm => Assert.Equal(("Exited", 0), (vm.GetProperty("outcome").GetString(), vm.GetProperty("exitCode").GetInt32())));
            Assert.Equal(["Cold", .. Enumerable.Repeat("Warm", instances - 1)], vms.Select(StartOf));

            // AT_RANDOM: the stack protector and the heap of every program build on it.
            var random = host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((instances, instances), (random.Length, random.Distinct(StringComparer.Ordinal).Count()));
        }
    }

    [VmFact]
    public async Task Run_StartCold_BootsEveryInstance()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "fleet", "--Scenario:Vms:0:Instances=5", "--Scenario:Vms:0:Start=Cold");

        Assert.Equal(0, host.ExitCode);
        Assert.All(results.GetProperty("vms").EnumerateArray(), vm => Assert.Equal("Cold", StartOf(vm)));
        host.Dispose();
    }

    [VmFact]
    public async Task Run_UnknownStart_IsRefusedNamingTheKey()
    {
        using var host = await HostProcess.RunAsync("--scenario", "fleet", "--Scenario:Vms:0:Start=Tepid");

        Assert.Equal(2, host.ExitCode);
        Assert.Contains("Scenario:Vms:0:Start: 'Tepid' is unknown; use one of Cold, Warm", host.Error, StringComparison.Ordinal);
    }

    private static string? StartOf(JsonElement vm) => vm.GetProperty("start").GetString();
}
