using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>User programs under the guest kernel: what they get, and what happens when they misbehave.</summary>
public sealed class UserProgramTests
{
    [VmTheory]
    [InlineData("hello")]
    [InlineData("hello-pie")]
    public async Task Run_StaticAndStaticPie_SayHello(string program)
    {
        var (output, vm) = await RunProgramAsync($"\"/bin/{program}\"");

        Assert.Equal("Hello from ring 3!\n", output);
        Assert.Equal(("Exited", 0), (vm.Outcome, vm.ExitCode));
    }

    [VmTheory]
    [InlineData("env")]
    [InlineData("env-pie")]
    public async Task Run_ArgumentsAndEnvironment_ReachTheProgram(string program)
    {
        var (output, _) = await RunProgramAsync($"\"/bin/{program}\", \"one\", \"two words\"", """, "Env": { "NAME": "value", "EMPTY": "" } """);

        Assert.Equal($"argv /bin/{program}\nargv one\nargv two words\nenvp EMPTY=\nenvp NAME=value\n", output);
    }

    [VmFact]
    public async Task Run_ExitStatus_IsPassedOn()
    {
        var (_, vm) = await RunProgramAsync("\"/bin/status\", \"42\"");

        Assert.Equal(("Exited", 42), (vm.Outcome, vm.ExitCode));
    }

    [VmTheory]
    [InlineData("#PF", "fault")]
    [InlineData("#UD", "traps", "ud")]
    [InlineData("#GP", "traps", "gp")]
    [InlineData("#GP", "traps", "io")]
    [InlineData("#DE", "traps", "de")]
    [InlineData("#BP", "traps", "bp")]
    [InlineData("#PF", "traps", "kernel-read")]
    [InlineData("#PF", "traps", "nx")]
    [InlineData("#PF", "traps", "ro")]
    public async Task Run_ProgramThatTraps_PanicsNamingExceptionAndRip(string exception, params string[] program)
    {
        var arguments = string.Join(", ", program.Select((word, index) => index == 0 ? $"\"/bin/{word}\"" : $"\"{word}\""));
        using var scenario = new ScenarioFile(
            ScenarioFile.Program("bad", arguments), ScenarioFile.Program("good", "\"/bin/hello\"", """, "Instances": 2 """));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        Assert.Equal(1, host.ExitCode);
        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        var message = vms[0].GetProperty("message").GetString();
        Assert.Equal("Panicked", vms[0].GetProperty("outcome").GetString());
        Assert.Contains(exception, message, StringComparison.Ordinal);
        Assert.Matches("RIP 0x[0-9a-f]+", message);
        if (exception == "#PF")
        {
            Assert.Matches("at 0x[0-9a-f]+", message);
        }

        Assert.All(vms.Skip(1), vm => Assert.Equal("Exited", vm.GetProperty("outcome").GetString()));
        host.Dispose();
    }

    [VmFact]
    public async Task Run_ProgramThatJumpsToTheSystemCallEntry_EndsWithAReport()
    {
        var (_, vm) = await RunProgramAsync("\"/bin/traps\", \"jump-lstar\"");

        Assert.Equal("Panicked", vm.Outcome);
    }

    [VmFact]
    public async Task Run_MissingProgram_ExitsWith127AndSaysSo()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("program", "\"/bin/nothing\""));

        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);

        // Among what all guests write, in the table, and in the JSON.
        const string Reason = "kernel: /bin/nothing: not found (error 2)";
        Assert.Contains($"{Reason}\n", host.Error, StringComparison.Ordinal);
        Assert.Matches("program-0 .*Exited 127.*" + System.Text.RegularExpressions.Regex.Escape(Reason), host.Error);
        var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
        Assert.Equal((127, Reason), (vm.GetProperty("exitCode").GetInt32(), vm.GetProperty("message").GetString()));
        host.Dispose();
    }

    [VmFact]
    public async Task Run_BadArguments_GiveTheErrnoLinuxGives()
    {
        var (output, vm) = await RunProgramAsync("\"/bin/badargs\", \"/bin/hello\"");

        AssertAllOk(output);
        Assert.Equal(("Exited", 0), (vm.Outcome, vm.ExitCode));
    }

    [VmFact]
    public async Task Run_BadHypercalls_GiveErrnoAndLeaveTheHostRunning()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Bare("raw", "elf64", "hypercalls.elf", """
            , "Args": ["hypercalls", "/etc/os-release"], "Files": [ { "Guest": "/etc/os-release", "Host": "/etc/os-release" } ]
            """));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        AssertAllOk(host.Output);
        Assert.Equal(0, host.ExitCode);
    }

    private static void AssertAllOk(string output)
    {
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
        Assert.True(output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)) > 10, output);
    }

    private static async Task<(string Output, VmEnd Vm)> RunProgramAsync(string arguments, string more = "")
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("program", arguments, more));
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path);
        using (host)
        {
            var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
            var exitCode = vm.GetProperty("exitCode");
            return (host.Output, new VmEnd(
                vm.GetProperty("outcome").GetString(),
                exitCode.ValueKind == System.Text.Json.JsonValueKind.Null ? null : exitCode.GetInt32(),
                vm.GetProperty("message").GetString()));
        }
    }

    private sealed record VmEnd(string? Outcome, int? ExitCode, string? Message);
}
