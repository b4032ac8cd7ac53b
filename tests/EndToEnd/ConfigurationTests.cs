using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What people get to see when the configuration, the command line or the machine is wrong.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("Scenario:Vms:0:Vcpus", "--Scenario:Vms:0:Vcpus=0")]
    [InlineData("Scenario:Vms:0:MemoryMiB", "--Scenario:Vms:0:MemoryMiB=1073741824")]
    [InlineData("Scenario:Vms:0:MemoryMiB", "--Scenario:Vms:0:MemoryMiB=2")]
    [InlineData("Scenario:Vms:0:Image", "--Scenario:Vms:0:Image=guest/missing.elf")]
    [InlineData("Scenario:Vms:0:Imgae", "--Scenario:Vms:0:Imgae=guest/kernel.elf")]
    [InlineData("Scenario:Vms:0:Instances", "--Scenario:Vms:0:Instances=four")]
    [InlineData("Scenario:Vms:0:Boot", "--Scenario:Vms:0:Boot=elf32")]
    [InlineData("Scenario:Vms:0:Boot", "--Scenario:Vms:0:Boot=3")]
    [InlineData("Scenario:Vms:0:LoadAddress", "--Scenario:Vms:0:LoadAddress=0x1000")]
    [InlineData("Scenario:Vms:0:Timeout", "--Scenario:Vms:0:Timeout=00:00:00")]
    [InlineData("Scenario:Vms:0:Files:0:Host", "--Scenario:Vms:0:Files:0:Host=/no/such/folder")]
    [InlineData("Scenario:Vms:0:Files:0:Guest", "--Scenario:Vms:0:Files:0:Guest=bin")]
    [InlineData("Scenario:Vms:0:Files:0:Access", "--Scenario:Vms:0:Files:0:Access=Execute")]
    [InlineData("Scenario:Vms:0:Devices:0:Port", "--Scenario:Vms:0:Devices:0:Type=Console", "--Scenario:Vms:0:Devices:0:Port=0x8001")]
    [InlineData("Scenario:Vms:0:Restart:Policy", "--Scenario:Vms:0:Restart:Policy=Sometimes")]
    [InlineData("Scenario:Vms:0:Restart:MaxRestarts", "--Scenario:Vms:0:Restart:Policy=OnFailure", "--Scenario:Vms:0:Restart:MaxRestarts=0")]
    [InlineData("Scenario:Vms:0:Restart:Backoff", "--Scenario:Vms:0:Restart:Policy=OnFailure", "--Scenario:Vms:0:Restart:Backoff=-00:00:01")]
    [InlineData("Scenario:Vms:0:Restart:", "--Scenario:Vms:0:Restart:MaxRestarts=3")]
    [InlineData("Scenario:Vms:0:Restart:Retries", "--Scenario:Vms:0:Restart:Retries=3")]
    [InlineData("Scenario:MaxConcurrency", "--Scenario:MaxConcurrency=0")]
    [InlineData("Telemetry:ExitSampling:Frist", "--Telemetry:ExitSampling:Frist=1")]
    [InlineData("--scenario nosuch", "--scenario", "nosuch")]
    [InlineData("--json /no/such/folder/x.json", "--json", "/no/such/folder/x.json")]
    [InlineData("--frob", "--frob")]
    public async Task Run_WrongSetting_NamesTheKeyInOneLineAndStartsNothing(string named, params string[] arguments)
    {
        using var host = await HostProcess.RunAsync(arguments);

        Assert.Equal(2, host.ExitCode);
        Assert.Empty(host.Output);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BrokenJson_NamesFileAndPlace()
    {
        using var scenario = new ScenarioFile("{ \"Name\": \"x\", ]");

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Equal(2, host.ExitCode);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(scenario.Path, line, StringComparison.Ordinal);
        Assert.Contains("LineNumber", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/null", "no KVM device")]
    [InlineData("/dev/does-not-exist", "modprobe")]
    public async Task Run_UnusableKvm_EndsWith3AndTheRemedy(string device, string remedy)
    {
        using var host = await HostProcess.RunAsync($"--Kvm:Device={device}");

        Assert.Equal(3, host.ExitCode);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(device, line, StringComparison.Ordinal);
        Assert.Contains(remedy, line, StringComparison.Ordinal);
    }

    [KvmFact]
    public async Task Run_EnvironmentVariable_OverridesTheScenario()
    {
        using var host = await HostProcess.RunAsync(new Dictionary<string, string> { ["Scenario__Vms__0__Instances"] = "2" }, "--scenario", "hello");

        Assert.Equal(0, host.ExitCode);
        Assert.Equal("Hello from ring 3!\nHello from ring 3!\n", host.Output);
    }

    [Fact]
    public async Task List_Scenarios_SaysWhatEachShows()
    {
        using var host = await HostProcess.RunAsync("list");

        Assert.Equal(0, host.ExitCode);
        foreach (var name in (string[])["orw", "hello", "bare-real", "bare-long", "fleet"])
        {
            Assert.Contains(host.Output.Split('\n'), line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length + 10);
        }
    }

    [Theory]
    [InlineData("doctor", "--jso")]
    [InlineData("list", "--json")]
    public async Task Commands_WithUnknownWords_SayWhich(string command, string word)
    {
        using var host = await HostProcess.RunAsync(command, word);

        Assert.Equal(2, host.ExitCode);
        Assert.Equal($"kvmactors: {command}: {word}: unknown; see --help for commands and options\n", host.Error);
    }
}
