using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>What is left of a program that was killed: a report of its own state, and a core file.</summary>
public sealed class CoreTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-core-");

    public void Dispose() => _folder.Delete(recursive: true);

    [VmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exec_ProgramThatCrashes_ReportsItsOwnStateWithNames(bool isPie)
    {
        using var host = await HostProcess.RunAsync("exec", "--core", _folder.FullName, programs.PathOf("crash_deep", isPie));

        Assert.Equal(139, host.ExitCode);
        Assert.Contains("exec: crash_deep", host.Error, StringComparison.Ordinal);

        // In ring 3, at the store of 42 to address 8.
        Assert.Matches(@"CS     [0-9a-f]+ .* dpl 3", host.Error);
        Assert.Matches(@"CR2    0000000000000008", host.Error);
        Assert.Matches(@">\s+[0-9a-f]+  [0-9a-f]+\s+mov \[rdi\], rsi", host.Error);
        Assert.Matches(@"RSI    000000000000002a", host.Error);
        var frames = host.Error.Split("backtrace:")[1].Split('\n').Where(line => line.TrimStart().StartsWith('#')).Select(line => line.Split('(')[0].Split(' ')[^2].Split('+')[0]).ToList();
        Assert.Equal(["innermost", "middle", "outermost", "main"], frames.Where(name => name != "?").Take(4));
        Assert.Matches(@"mappings: [0-9a-f]+-[0-9a-f]+ r--", host.Error);
        Assert.Matches(@"[0-9a-f]+-[0-9a-f]+ r-x", host.Error);
    }

    [VmFact]
    public async Task Run_ProgramThatCrashes_TheJsonHasIt()
    {
        using var scenario = new ScenarioFile($$"""
            {
              "Name": "deep", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/crash_deep" ],
              "Files": [ { "Guest": "/bin", "Host": "{{programs.Folder}}" } ], "Expect": { "Outcome": "Panicked" }
            }
            """);
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", scenario.Path, "--core", _folder.FullName);
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
        }

        var vm = results.GetProperty("vms")[0];
        var crash = vm.GetProperty("crash");
        Assert.Equal(vm.GetProperty("message").GetString(), crash.GetProperty("exit").GetString());
        Assert.Equal("0x2a", crash.GetProperty("registers").GetProperty("rsi").GetString());
        Assert.Equal(
            ("innermost", "rip"),
            (crash.GetProperty("backtrace")[0].GetProperty("symbol").GetString()!.Split('+')[0], crash.GetProperty("backtrace")[0].GetProperty("origin").GetString()));
        var program = crash.GetProperty("program");
        Assert.Equal((14, "0x6"), (program.GetProperty("vector").GetInt32(), program.GetProperty("errorCode").GetString()));
        Assert.Contains(program.GetProperty("mappings").EnumerateArray(), area => area.GetProperty("access").GetString() == "r-x");
        Assert.Equal(Path.Combine(_folder.FullName, "deep-0.core"), vm.GetProperty("coreFile").GetString());
        Assert.True(File.Exists(vm.GetProperty("coreFile").GetString()));
    }

    [VmFact]
    public async Task Exec_CoreFolderThatCannotBe_IsRefused()
    {
        using var host = await HostProcess.RunAsync("exec", "--core", "/dev/null/x", programs.PathOf("crash_deep", isPie: false));

        Assert.Equal(2, host.ExitCode);
        Assert.StartsWith("--core /dev/null/x: the folder cannot be made", Assert.Single(host.Error.Trim().Split('\n')).Replace("kvmactors: ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [GdbTheory]
    [Trait("Needs", "Debugger")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exec_Core_GdbOpensIt(bool isPie)
    {
        var program = programs.PathOf("crash_deep", isPie);
        using var host = await HostProcess.RunAsync("exec", "--core", _folder.FullName, program);
        Assert.Contains("exec: core file ", host.Error, StringComparison.Ordinal);

        var said = await Gdb.RunAsync([program, Path.Combine(_folder.FullName, "exec-0.core")], "bt", "info registers rsi rip", "info auxv", "p $mxcsr", "x/s *(char**)($rsp+0)");

        Assert.Contains("terminated with signal SIGSEGV", said, StringComparison.Ordinal);
        Assert.Matches(@"(?s)#0 .*innermost.*#1 .*middle.*#2 .*outermost.*#3 .*main", said);
        Assert.Matches(@"rsi\s+0x2a", said);
        Assert.Contains("AT_ENTRY", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Cannot access memory at address 0x7f", said, StringComparison.Ordinal);
    }

    [GdbFact]
    [Trait("Needs", "Debugger")]
    public async Task Run_BareGuestsThatCrash_GdbOpensTheirCores()
    {
        using var host = await HostProcess.RunAsync("--scenario", "crashes", "--core", _folder.FullName);
        Assert.Equal(0, host.ExitCode);

        // In 64-bit and in real mode: `in al, dx` has just been executed, or is about to be.
        var long64 = await Gdb.RunAsync(["-c", Path.Combine(_folder.FullName, "port-read-0.core")], "info registers rip cs", "x/2i $pc", "info threads");
        Assert.Matches(@"cs\s+0x8", long64);
        Assert.Contains("in     (%dx),%al", long64, StringComparison.Ordinal);
        Assert.Matches(@"Thread|LWP 1", long64);
        var real16 = await Gdb.RunAsync(["-c", Path.Combine(_folder.FullName, "triple-fault-real-0.core")], "info registers eip", "x/8xb 0");
        Assert.Matches(@"eip\s+0x", real16);
        Assert.DoesNotContain("Cannot access memory", real16, StringComparison.Ordinal);
    }
}
