using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Debugging;

/// <summary><c>--until</c>: a VM is stopped at an instruction, or after so many.</summary>
[Trait("Needs", "Speed")]
public sealed class UntilTests
{
    private static readonly string[] Answer = ["--scenario", "bare-answer", "--backend", "software"];

    [Theory]
    [InlineData("0x7", "0x7", 1)]
    [InlineData("1", "0x7", 1)]
    [InlineData("0", "0x0", 0)]
    public async Task Run_UntilAnInstruction_ShowsItsStateAndSucceeds(string until, string rip, long instructions)
    {
        var (host, results) = await HostProcess.RunJsonAsync([.. Answer, "--until", until]);

        Assert.Equal((0, ""), (host.ExitCode, host.Output));
        Assert.Contains($"answer-0, vCPU 0: stopped before RIP {rip}, after {instructions} instructions\n", host.Error, StringComparison.Ordinal);
        Assert.Contains("  code, 64-bit:", host.Error, StringComparison.Ordinal);
        var vm = results.GetProperty("vms")[0];
        var crash = vm.GetProperty("crash");
        Assert.Equal(("Reached", true), (vm.GetProperty("outcome").GetString(), vm.GetProperty("succeeded").GetBoolean()));
        Assert.Equal((rip, instructions), (crash.GetProperty("registers").GetProperty("rip").GetString(), crash.GetProperty("instructions").GetInt64()));
        host.Dispose();
    }

    [Fact]
    public async Task Run_UntilACount_IsWhereTheRunWithoutIsThen()
    {
        // RIP before each instruction, as single steps tell it.
        using var stepped = await HostProcess.RunAsync([.. Answer, "--step", "200", "--quiet"]);
        var rips = stepped.Error.Split('\n').Where(line => line.Contains(": step, RIP ", StringComparison.Ordinal))
            .Select(line => line.Split(": step, RIP ")[1].Split(':')[0]).ToList();
        Assert.True(rips.Count > 60, stepped.Error);

        foreach (var count in (int[])[2, 17, 60])
        {
            var (host, results) = await HostProcess.RunJsonAsync([.. Answer, "--until", $"{count}"]);
            Assert.Equal($"0x{rips[count]}", results.GetProperty("vms")[0].GetProperty("crash").GetProperty("registers").GetProperty("rip").GetString());
            host.Dispose();
        }
    }

    [Fact]
    public async Task Run_UntilAnInstructionThatNeverComes_SaysSoAndFails()
    {
        using var host = await HostProcess.RunAsync([.. Answer, "--until", "0x300000", "--quiet"]);

        Assert.Equal((1, "Hello, world!\n", "kvmactors: --until: no VM got there\n"), (host.ExitCode, host.Output, host.Error));
    }

    [Fact]
    public async Task Run_UntilACountUnderTheGuestKernel_StopsThereWithBranchesBehindIt()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "hello", "--backend", "software", "--until", "1000", "--quiet");

        Assert.Equal((0, ""), (host.ExitCode, host.Output));
        Assert.Contains("after 1000 instructions", host.Error, StringComparison.Ordinal);
        Assert.Contains("  last branches:", host.Error, StringComparison.Ordinal);
        var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
        Assert.Equal("Reached", vm.GetProperty("outcome").GetString());
        Assert.NotEqual(0, vm.GetProperty("crash").GetProperty("branches").GetArrayLength());
        host.Dispose();
    }

    [Fact]
    public async Task Exec_Until_StopsThereOrSaysThatItDidNot()
    {
        using var stopped = await HostProcess.RunAsync("exec", "--backend", "software", "--until", "2000", "hello");
        Assert.Equal((0, ""), (stopped.ExitCode, stopped.Output));
        Assert.StartsWith("exec-0, vCPU 0: stopped before RIP 0x", stopped.Error, StringComparison.Ordinal);

        using var missed = await HostProcess.RunAsync("exec", "--backend", "software", "--until", "0x10", "hello");
        Assert.Equal(
            (125, "Hello from ring 3!\n", "kvmactors: exec: --until: the program did not get there\n"), (missed.ExitCode, missed.Output, missed.Error));
    }

    [Fact]
    public async Task Run_UntilAProgramsInstruction_NamesItsFunction()
    {
        const int EntryOffset = 24;
        var program = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "guest/user/hello"));
        var entry = $"0x{BitConverter.ToUInt64(program, EntryOffset):x}";

        var crash = await CrashAtAsync(entry);
        Assert.Equal(entry, crash.GetProperty("backtrace")[0].GetProperty("address").GetString());

        // The start-up code is a few instructions, and no function; then come the program's.
        crash = await CrashAtAsync($"{crash.GetProperty("instructions").GetInt64() + 20}");
        Assert.NotNull(crash.GetProperty("backtrace")[0].GetProperty("symbol").GetString());
        Assert.NotNull(crash.GetProperty("branches").EnumerateArray().Last().GetProperty("toSymbol").GetString());
    }

    private static async Task<JsonElement> CrashAtAsync(string until)
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "hello", "--backend", "software", "--until", until, "--quiet");
        host.Dispose();
        return results.GetProperty("vms")[0].GetProperty("crash");
    }

    [KvmTheory]
    [InlineData("--until", "10")]
    [InlineData("--until", "0x7")]
    [InlineData("--trace-instructions", "/tmp/never-written.gz")]
    public async Task Run_OnKvm_IsRefusedByName(string option, string value)
    {
        using var host = await HostProcess.RunAsync("--scenario", "bare-answer", "--backend", "kvm", option, value);

        Assert.Equal(
            (2, "", $"kvmactors: {option}: answer runs on KVM, which cannot do this; have it run in software: --backend software\n"),
            (host.ExitCode, host.Output, host.Error));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("0x")]
    [InlineData("-5")]
    public async Task Run_UntilNothing_IsRefused(string until)
    {
        using var host = await HostProcess.RunAsync([.. Answer, $"--until={until}"]);

        Assert.Equal(2, host.ExitCode);
        Assert.StartsWith($"kvmactors: --until: '{until}' is neither", Assert.Single(host.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }
}
