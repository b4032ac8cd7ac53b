using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Each system call of a program, as strace shows it; and the files that <c>exec</c> writes.</summary>
public sealed class StraceTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-strace-");

    public void Dispose() => _folder.Delete(recursive: true);

    [VmFact]
    public async Task Exec_Strace_ShowsTheCallsOfHostAndKernelInOrder()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "file"), "some text\n");
        using var host = await HostProcess.RunAsync("exec", "--strace", "--map", $"{_folder.FullName}:/data", "orw", "/data/file");

        Assert.Equal((0, "some text\n"), (host.ExitCode, host.Output));
        var lines = host.Error.TrimEnd('\n').Split('\n');
        Assert.Contains(lines, line => line.StartsWith("open", StringComparison.Ordinal) && line.Contains("\"/data/file\", O_RDONLY) ", StringComparison.Ordinal)
            && line.EndsWith("= 3", StringComparison.Ordinal));
        Assert.Matches(@"^exit(_group)?\(0\) += \?$", lines[^2]);
        Assert.Equal("+++ exited with 0 +++", lines[^1]);
    }

    [VmFact]
    public async Task Exec_StraceOfLibcProgram_GoesToAFileAndChangesNothing()
    {
        var file = Path.Combine(_folder.FullName, "trace");
        var program = programs.PathOf("mappings", isPie: false);
        using var plain = await HostProcess.RunAsync("exec", program);
        using var traced = await HostProcess.RunAsync("exec", $"--strace={file}", program);

        Assert.Equal((plain.ExitCode, plain.Output, plain.Error), (traced.ExitCode, traced.Output, traced.Error));
        var lines = await File.ReadAllLinesAsync(file);
        Assert.StartsWith("brk(NULL) ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("arch_prctl(ARCH_SET_FS, 0x", StringComparison.Ordinal) && line.EndsWith("= 0", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("mmap(NULL, ", StringComparison.Ordinal) && line.Contains("MAP_PRIVATE|MAP_ANONYMOUS, -1", StringComparison.Ordinal));
        Assert.Equal("+++ exited with 0 +++", lines[^1]);
    }

    [VmFact]
    [Trait("Needs", "TimeStamp")]
    public async Task Exec_StraceOfProgramThatReadsTheTime_ShowsHardlyACall()
    {
        var file = Path.Combine(_folder.FullName, "trace");
        using var host = await HostProcess.RunAsync("exec", $"--strace={file}", programs.PathOf("clocks", isPie: false), "often");

        Assert.Equal(0, host.ExitCode);
        var calls = (await File.ReadAllLinesAsync(file)).Count(line => line.StartsWith("clock_gettime", StringComparison.Ordinal));

        // 180,000 times; the first time, when what the page says is old, and those that the program asks for. A processor in software knows for ever.
        Assert.InRange(calls, 1, 2000);
    }

    [VmFact]
    public async Task Exec_StraceOfProgramThatIsKilled_EndsWithTheSignal()
    {
        using var host = await HostProcess.RunAsync("exec", "--strace", programs.PathOf("dies", isPie: false), "abort");

        Assert.Equal(134, host.ExitCode);
        Assert.Matches(@"tgkill\(1, 1, SIGABRT\) += ", host.Error);
        Assert.Contains("\n+++ killed by SIGABRT +++\n", host.Error, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_Strace_NamesEachVm()
    {
        using var host = await HostProcess.RunAsync("--scenario", "orw", "--strace", "--quiet");

        Assert.Equal(0, host.ExitCode);
        for (var index = 0; index < 4; index++)
        {
            Assert.Contains($"[reader-{index}] +++ exited with 0 +++\n", host.Error, StringComparison.Ordinal);
        }
    }

    [VmFact]
    public async Task Exec_ProgramThatNeedsMore_SaysWhichCallsItMissed()
    {
        using var host = await HostProcess.RunAsync("exec", programs.PathOf("dies", isPie: false), "assert");

        Assert.NotEqual(0, host.ExitCode);
        Assert.Matches(@"exec: it made system calls that are not served: .*(clone|fork).* \(\d+\).*; --strace shows where", host.Error);
    }

    [VmFact]
    public async Task Exec_OutputFiles_AreThoseOfARun()
    {
        string[] files = ["out.json", "out.html", "timeline.json"];
        var paths = files.Select(file => Path.Combine(_folder.FullName, file)).ToArray();
        using var host = await HostProcess.RunAsync("exec", "--json", paths[0], "--report", paths[1], $"--timeline={paths[2]}", "--trace", "hello");

        Assert.Equal((0, "Hello from ring 3!\n"), (host.ExitCode, host.Output));
        using var results = JsonDocument.Parse(await File.ReadAllBytesAsync(paths[0]));
        Assert.Equal("exec-0", results.RootElement.GetProperty("vms")[0].GetProperty("id").GetString());
        Assert.Contains("<html", await File.ReadAllTextAsync(paths[1]), StringComparison.Ordinal);
        Assert.Contains("traceEvents", await File.ReadAllTextAsync(paths[2]), StringComparison.Ordinal);
        Assert.Contains("scenario", host.Error, StringComparison.Ordinal);
    }

    [VmTheory]
    [InlineData("--strace=/dev/null/x")]
    [InlineData("--json=/dev/null/x")]
    public async Task Exec_FileThatCannotBeWritten_IsRefusedBeforeItRuns(string option)
    {
        using var host = await HostProcess.RunAsync("exec", option, "hello");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Contains(option.Replace('=', ' '), Assert.Single(host.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }
}
