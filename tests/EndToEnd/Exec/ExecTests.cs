using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>The <c>exec</c> command: what it runs, what it refuses, and how it ends.</summary>
public sealed class ExecTests
{
    [VmFact]
    public async Task Exec_ProgramByName_RunsAndPrintsNothingOfOurs()
    {
        using var host = await HostProcess.RunAsync("exec", "hello");

        Assert.Equal((0, "Hello from ring 3!\n", ""), (host.ExitCode, host.Output, host.Error));
    }

    [VmFact]
    public async Task Exec_ExitStatus_IsPassedOn()
    {
        using var host = await HostProcess.RunAsync("exec", "status", "42");

        Assert.Equal(42, host.ExitCode);
    }

    [VmFact]
    public async Task Exec_ArgumentsThatLookLikeOptions_AreTheProgramsOwn()
    {
        using var host = await HostProcess.RunAsync("exec", "--env", "A=b", Program("env"), "--map", "--", "-x", "--timeout=1");

        Assert.Equal(0, host.ExitCode);
        Assert.EndsWith("argv --map\nargv --\nargv -x\nargv --timeout=1\nenvp A=b\n", host.Output, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Exec_ProgramThatSpins_EndsWith124AtItsTimeout()
    {
        using var host = await HostProcess.RunAsync("exec", "--timeout", "0.3", "spin");

        Assert.Equal(124, host.ExitCode);
        Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [VmTheory]
    [InlineData("fault", null, 139)]
    [InlineData("traps", "ud", 132)]
    [InlineData("traps", "de", 136)]
    public async Task Exec_ProgramThatTraps_EndsWith128PlusTheSignalAndSaysWhy(string program, string? argument, int exitCode)
    {
        using var host = await HostProcess.RunAsync(argument is null ? ["exec", program] : ["exec", program, argument]);

        Assert.Equal(exitCode, host.ExitCode);
        Assert.Contains("RIP 0x", Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-program", 127, "not found")]
    [InlineData("/no/such/program", 127, "not found")]
    [InlineData("/etc", 127, "not found")]
    [InlineData("/etc/os-release", 126, "permission denied")]
    [InlineData("/bin/ls", 126, "dynamically")]
    public async Task Exec_WhatIsNoStaticProgram_IsRefusedAsAShellWould(string program, int exitCode, string reason)
    {
        using var host = await HostProcess.RunAsync("exec", program);

        Assert.Equal(exitCode, host.ExitCode);
        Assert.Contains(reason, Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#!/bin/sh\necho hello\n", "is a script, and its interpreter /bin/sh is not among what it sees: --root / shows")]
    [InlineData("#!\n", "names no interpreter")]
    [InlineData("hello", "no ELF program")]
    [InlineData("", "no ELF program")]
    public async Task Exec_FileWithTheWrongContents_IsRefused(string contents, string reason)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, contents);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            using var host = await HostProcess.RunAsync("exec", file);

            Assert.Equal(126, host.ExitCode);
            Assert.Contains(reason, Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--map", "nowhere:/x", "hello")]
    [InlineData("--root", "/no/such/folder", "hello")]
    [InlineData("--map", "/etc", "hello")]
    [InlineData("--map", "/etc:etc", "hello")]
    [InlineData("--vcpus", "0", "hello")]
    [InlineData("--memory", "1", "hello")]
    [InlineData("--timeout", "-1", "hello")]
    [InlineData("--frob", "1", "hello")]
    public async Task Exec_WrongOption_IsOneLineAndExitCode2(params string[] arguments)
    {
        using var host = await HostProcess.RunAsync(["exec", .. arguments]);

        Assert.Equal(2, host.ExitCode);
        Assert.Contains(arguments[0], Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    // By its path: there may be a program of the same name on PATH.
    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "guest", "user", name);
}
