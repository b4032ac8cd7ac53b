using System.Globalization;
using KvmActors.EndToEnd.Tests.Exec;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Debugging;

/// <summary><c>--gdb</c> of a program under the guest kernel, with Debian's gdb and with a client of the tests' own.</summary>
[Trait("Needs", "Debugger")]
public sealed class ProgramTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    // With PIE and libraries; the other is static.
    private string Dynamic => Path.Combine(programs.Folder, "debugged-symbols");

    private string Static => programs.PathOf("debugged", isPie: false);

    [GdbFact]
    public async Task Gdb_DynamicProgram_HasSymbolsBreakpointsStepsAndValues()
    {
        using var host = Start(out var port, "--root", "/", Dynamic);
        await ListensAsync(host);

        var said = await Gdb.RunAsync(
            [], $"target remote 127.0.0.1:{port}", "break main", "break twice", "continue", "continue", "print number", "next", "next", "print result", "finish",
            "delete", "break puts", "continue", "bt", "delete", "continue");

        await host.WaitAsync();
        Assert.Equal((7, "met"), (host.ExitCode, host.Output.TrimEnd('\n')));
        Assert.Contains("Breakpoint 1, main (argc=1,", said, StringComparison.Ordinal);
        Assert.Contains("$1 = 21", said, StringComparison.Ordinal);
        Assert.Contains("$2 = 42", said, StringComparison.Ordinal);
        Assert.Contains("Value returned is $3 = 42", said, StringComparison.Ordinal);
        Assert.Matches(@"#1 .* meet \(text=0x[0-9a-f]+ ""met""\)", said);
        Assert.Matches(@"#2 .* main \(argc=1", said);
        Assert.Contains("exited with code 07", said, StringComparison.Ordinal);
    }

    [GdbFact]
    public async Task Gdb_Threads_HaveNamesAndBacktracesWhereverTheyAre()
    {
        using var host = Start(out var port, "--root", "/", Dynamic);
        await ListensAsync(host);

        var said = await Gdb.RunAsync(
            [], $"target remote 127.0.0.1:{port}", "break meet", "continue", "info threads", "thread apply all bt", "thread 3", "stepi", "stepi", "continue");

        await host.WaitAsync();
        Assert.Equal((7, "met"), (host.ExitCode, host.Output.TrimEnd('\n')));
        Assert.Matches(@"\* 1 +Thread 1 \(debugged-symbol\)", said);
        Assert.Matches(@"  2 +Thread 2 \(waiter\)", said);
        Assert.Matches(@"  3 +Thread 3 \(computer\) .*computes", said);
        Assert.Matches(@"#[0-9]+ .* waits \(unused=0x0\)", said);
        Assert.Matches(@"#[0-9]+ .* start_thread", said);
        Assert.Contains("exited with code 07", said, StringComparison.Ordinal);
    }

    [GdbTheory]
    [InlineData("write", "SIGSEGV", 139)]
    [InlineData("abort", "SIGABRT", 134)]
    public async Task Gdb_Signal_StopsThereBeforeItEndsTheProgram(string wish, string signal, int status)
    {
        using var host = Start(out var port, "--root", "/", Dynamic, wish);
        await ListensAsync(host);

        var said = await Gdb.RunAsync([], $"target remote 127.0.0.1:{port}", "continue", "bt", "print watched", "continue");

        await host.WaitAsync();
        Assert.Equal(status, host.ExitCode);
        Assert.Contains($"received signal {signal}", said, StringComparison.Ordinal);
        Assert.Matches(@"main \(argc=2", said);
        Assert.Contains("$1 = 42", said, StringComparison.Ordinal);
        Assert.Contains($"Program terminated with signal {signal}", said, StringComparison.Ordinal);
    }

    [GdbFact]
    public async Task Gdb_WatchOfAProgramInSoftware_StopsAtTheStore()
    {
        using var host = Start(out var port, "--backend", "software", "--root", "/", Dynamic);
        await ListensAsync(host);

        var said = await Gdb.RunAsync([], $"target remote 127.0.0.1:{port}", "break main", "continue", "watch watched", "continue", "delete", "continue");

        await host.WaitAsync();
        Assert.Equal(7, host.ExitCode);
        Assert.Contains("Hardware watchpoint 2: watched", said, StringComparison.Ordinal);
        Assert.Contains("New value = 42", said, StringComparison.Ordinal);
    }

    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_Interrupted_StopsAllThreadsAndStepsOne()
    {
        using var host = Start(out var port, Static, "pause");
        using var client = await RemoteClient.ConnectAsync(port);
        Assert.Equal("T05thread:1;", await client.AskAsync("?"));
        Assert.Equal("m1", await client.AskAsync("qfThreadInfo"));
        await client.SendAsync("vCont;c");
        while (!host.Output.Contains("met", StringComparison.Ordinal) && !host.HasEnded)
        {
            await Task.Delay(20);
        }

        // Into pause().
        await Task.Delay(500);
        await client.SendRawAsync([3]);
        Assert.Equal("T02thread:1;", await client.ReceiveAsync());
        Assert.Equal("m1,2,3", await client.AskAsync("qfThreadInfo"));

        // The third alone goes on, by one instruction.
        Assert.Equal("OK", await client.AskAsync("Hg3"));
        var before = await client.AskAsync("p10");
        Assert.Equal("T05thread:3;", await client.AskAsync("vCont;s:3"));
        Assert.NotEqual(before, await client.AskAsync("p10"));

        // What waits in a call has the registers it will return with, and no others.
        Assert.Equal("OK", await client.AskAsync("Hg1"));
        Assert.Equal("E01", await client.AskAsync("P1=0102030405060708"));
        await client.SendAsync("k");
        await host.WaitAsync();
    }

    [VmFact]
    public async Task Run_DetachedProgram_RunsOn()
    {
        using var host = Start(out var port, Static);
        using var client = await RemoteClient.ConnectAsync(port);
        Assert.Equal("OK", await client.AskAsync("D"));
        await host.WaitAsync();
        Assert.Equal((7, "met"), (host.ExitCode, host.Output.TrimEnd('\n')));
    }

    [VmFact]
    public async Task Run_FilesAndNonsense_AreAnswered()
    {
        using var host = Start(out var port, Static);
        using var client = await RemoteClient.ConnectAsync(port);
        var path = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes("/no/such/file"));
        Assert.Equal("F-1,2", await client.AskAsync($"vFile:open:{path},0,0"));
        foreach (var packet in (string[])["vFile:open:zz,0,0", "vFile:open:00", "vFile:pread:9,1,0", "vFile:fstat:9", "vFile:close:9", "vFile:pread:"])
        {
            Assert.StartsWith("F-1,", await client.AskAsync(packet), StringComparison.Ordinal);
        }

        Assert.Equal("", await client.AskAsync("vFile:unlink:00"));
        Assert.Equal("", await client.AskAsync("QNonStop:1"));
        var own = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes((await client.AskAsync("qXfer:exec-file:read::0,1000"))[1..]));
        Assert.Equal("F1", await client.AskAsync($"vFile:open:{own},0,0"));
        Assert.StartsWith("F4;\x7f" + "ELF", await client.AskAsync("vFile:pread:1,4,0"), StringComparison.Ordinal);
        Assert.Equal("F0", await client.AskAsync("vFile:close:1"));

        // Nothing to do, for nobody.
        await client.SendAsync("vCont;:1;;x:zz");
        await client.SendRawAsync([3]);
        Assert.Equal("T02thread:1;", await client.ReceiveAsync());
        Assert.Equal("W07", await client.AskAsync("vCont;c"));
        await host.WaitAsync();
    }

    private static HostProcess Start(out int port, params string[] words)
    {
        port = RemoteClient.FreePort();
        return HostProcess.Start(["exec", "--gdb", port.ToString(CultureInfo.InvariantCulture), .. words]);
    }

    private static async Task ListensAsync(HostProcess host)
    {
        for (var tries = 0; !host.Error.Contains("waits for a debugger", StringComparison.Ordinal) && !host.HasEnded && tries < 3000; tries++)
        {
            await Task.Delay(20);
        }

        Assert.Contains("waits for a debugger", host.Error, StringComparison.Ordinal);
    }
}
