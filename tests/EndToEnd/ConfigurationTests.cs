using System.Diagnostics;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>What people get to see when the configuration, the command line or the machine is wrong.</summary>
[Trait("Needs", "Speed")]
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
    [InlineData("--step", "--step", "99999999999")]
    [InlineData("Logging:LogLevel:Default", "--Logging:LogLevel:Default=x")]
    [InlineData("Logging:Console", "--Logging:Console:MaxQueueLength=-1")]
    [InlineData("Scenario:Vms:0:Limits", "--Scenario:Vms:0:Limits=many")]
    [InlineData("Scenario:Vms:x", "--Scenario:Vms:x:Name=y")]
    [InlineData("Scenario:Name", "--Scenario:Name=a\nb")]
    [InlineData("Scenario:Vms:0:Image", "--Scenario:Vms:0:Image=/dev/zero")]
    [InlineData("Scenario:Vms:0:Image", "--Scenario:Vms:0:Image=no\nsuch")]
    [InlineData("Scenario:Vms:0:Stdin", "--Scenario:Vms:0:Stdin=/dev/zero")]
    [InlineData("Scenario:Vms", "--Scenario:Vms:0:Instances=1000000", "--Scenario:Vms:1:Name=b", "--Scenario:Vms:1:Boot=elf64", "--Scenario:Vms:1:Image=guest/kernel.elf")]
    [InlineData("Telemetry:ExitSampling:Every", "--Telemetry:ExitSampling:Every=-1")]
    [InlineData("Kvm:Device", "--Kvm:Device=")]
    [InlineData("/dev/zero", "--scenario", "/dev/zero")]
    [InlineData("@/dev/zero", "@/dev/zero")]
    [InlineData("--map", "exec", "--map", "a\nb:/x", "hello")]
    [InlineData("--timeout", "exec", "--timeout", "NaN", "hello")]
    public async Task Run_WrongSetting_NamesTheKeyInOneLineAndStartsNothing(string named, params string[] arguments)
    {
        using var host = await HostProcess.RunAsync(arguments);

        Assert.Equal(2, host.ExitCode);
        Assert.Empty(host.Output);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--scenario", "PIPE")]
    [InlineData(2, "--scenario", "hello", "--Scenario:Vms:0:Image=PIPE")]
    [InlineData(2, "--scenario", "hello", "--Scenario:Vms:0:Stdin=PIPE")]
    [InlineData(126, "exec", "PIPE")]
    [InlineData(127, "exec", "LINK")]
    public async Task Run_PipesAndLinksToNothing_AreRefusedAtOnce(int exitCode, params string[] arguments)
    {
        using var scenario = new ScenarioFile("{}");
        var (pipe, link) = (Path.Combine(scenario.Folder, "pipe"), Path.Combine(scenario.Folder, "link"));
        using (var made = Process.Start("mkfifo", ["-m", "755", pipe]))
        {
            await made.WaitForExitAsync();
        }

        File.CreateSymbolicLink(link, "link");
        using var host = await HostProcess.RunAsync([.. arguments.Select(argument => argument
            .Replace("PIPE", pipe, StringComparison.Ordinal).Replace("LINK", link, StringComparison.Ordinal))]);

        Assert.Equal((exitCode, ""), (host.ExitCode, host.Output));
        Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [VmFact]
    public async Task Run_OutputPipeThatNobodyReads_IsRefusedAtOnce()
    {
        using var scenario = new ScenarioFile("{}");
        var pipe = Path.Combine(scenario.Folder, "pipe");
        using (var made = Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync();
        }

        using var host = await HostProcess.RunAsync("--scenario", "hello", "--json", pipe);

        Assert.Equal((2, $"kvmactors: --json {pipe}: nobody reads it\n"), (host.ExitCode, host.Error));
    }

    [VmFact]
    public async Task Run_NamesThatLookLikeOtherInstances_AllRun()
    {
        using var scenario = new ScenarioFile(
            ScenarioFile.Bare("a", "long64", "unclaimed-port.bin", """, "Instances": 2, "Restart": { "Policy": "OnFailure", "MaxRestarts": 2, "Backoff": "00:00:00.05" } """),
            ScenarioFile.Program("a-0", "\"/bin/hello\"", """, "Instances": 2 """),
            ScenarioFile.Program("a-0-restart", "\"/bin/hello\""),
            ScenarioFile.Program("a-1-restart", "\"/bin/spin\"", """, "Timeout": "00:00:01" """));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal(1, host.ExitCode);
        Assert.Equal(
            ["a-0 Crashed", "a-1 Crashed", "a-0-0 Exited", "a-0-1 Exited", "a-0-restart-0 Exited", "a-1-restart-0 TimedOut"],
            results.GetProperty("vms").EnumerateArray().Select(vm => $"{vm.GetProperty("id")} {vm.GetProperty("outcome")}"));
        host.Dispose();
    }

    [VmTheory]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "garbage")]
    [InlineData("Telemetry__ExitSampling__First", "many")]
    [InlineData("Logging__LogLevel__Default", "loud")]
    public async Task Run_WrongEnvironment_IsOneLine(string name, string value)
    {
        using var host = await HostProcess.RunAsync(
            new Dictionary<string, string> { [name] = value, ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1" }, "--scenario", "hello");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [VmFact]
    public async Task Run_LocaleThatIsNone_Runs()
    {
        using var host = await HostProcess.RunAsync(new Dictionary<string, string> { ["LC_ALL"] = "en_US." }, "--scenario", "hello");

        Assert.Equal(0, host.ExitCode);
        Assert.Contains("hello-0", host.Error, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_SectionNameInTheEnvironment_IsSomebodyElses()
    {
        using var host = await HostProcess.RunAsync(new Dictionary<string, string> { ["Scenario"] = "x", ["LOGGING"] = "1" }, "--scenario", "hello", "--quiet");

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
    }

    [VmFact]
    public async Task Run_FromAFolderThatIsGone_Runs()
    {
        using var scenario = new ScenarioFile("{}");

        using var host = await HostProcess.RunByShellAsync($"mkdir '{scenario.Folder}/gone' && cd '{scenario.Folder}/gone' && rmdir '{scenario.Folder}/gone' && exec \"$@\"", "--scenario", "hello", "--quiet");

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
    }

    [VmFact]
    public async Task Exec_WordThatBeginsWithAt_IsTheProgramsOwn()
    {
        using var host = await HostProcess.RunAsync("exec", Path.Combine(AppContext.BaseDirectory, "guest", "user", "env"), "@/dev/null");

        Assert.Equal(0, host.ExitCode);
        Assert.Contains("argv @/dev/null\n", host.Output, StringComparison.Ordinal);
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
        using var host = await HostProcess.RunAsync("--backend", "kvm", $"--Kvm:Device={device}");

        Assert.Equal(3, host.ExitCode);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(device, line, StringComparison.Ordinal);
        Assert.Contains(remedy, line, StringComparison.Ordinal);
    }

    [VmFact]
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
    [InlineData("doctor", "--jso", "did you mean --json? See")]
    [InlineData("list", "--json", "see")]
    public async Task Commands_WithUnknownWords_SayWhich(string command, string word, string advice)
    {
        using var host = await HostProcess.RunAsync(command, word);

        Assert.Equal(2, host.ExitCode);
        Assert.Equal($"kvmactors: {command}: {word}: unknown; {advice} --help for commands and options\n", host.Error);
    }
}
