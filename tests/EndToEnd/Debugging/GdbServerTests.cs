using System.Globalization;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Debugging;

/// <summary><c>--gdb</c>, with a client of the tests' own.</summary>
[Trait("Needs", "Debugger")]
public sealed class GdbServerTests
{
    [VmFact]
    public async Task Run_ContinuedAtOnce_EndsAsWithoutADebugger()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        using (client)
        {
            Assert.StartsWith("T05thread:1;", await client.AskAsync("?"), StringComparison.Ordinal);
            Assert.Equal("W00", await client.AskAsync("c"));
            await host.WaitAsync();
            Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        }
    }

    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_RegistersMemoryBreakpointAndSteps_WorkAndTheGuestGoesOn()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        using (client)
        {
            Assert.Contains("qXfer:features:read+", await client.AskAsync("qSupported:swbreak+"), StringComparison.Ordinal);
            var xml = await client.AskAsync("qXfer:features:read:target.xml:0,3fff");
            Assert.Contains("<architecture>i386:x86-64</architecture>", xml, StringComparison.Ordinal);
            Assert.Contains("name=\"cr3\"", xml, StringComparison.Ordinal);
            Assert.Equal("m1", await client.AskAsync("qfThreadInfo"));
            Assert.Equal("l", await client.AskAsync("qsThreadInfo"));

            // RIP is register 16; the first instruction is `lea text(%rip), %rsi`.
            Assert.Equal("0000000000000000", await client.AskAsync("p10"));
            var code = await client.AskAsync("m0,10");
            Assert.StartsWith("488d35", code, StringComparison.Ordinal);

            // A breakpoint at the second instruction, which nobody sees in memory.
            Assert.Equal("OK", await client.AskAsync("Z0,7,1"));
            Assert.Equal(code, await client.AskAsync("m0,10"));
            Assert.StartsWith("T05swbreak:;thread:1;", await client.AskAsync("c"), StringComparison.Ordinal);
            Assert.Equal("0700000000000000", await client.AskAsync("p10"));
            Assert.Equal("OK", await client.AskAsync("z0,7,1"));

            // Into `print`, by the call.
            Assert.StartsWith("T05thread:1;", await client.AskAsync("vCont;s:1"), StringComparison.Ordinal);
            var rip = ulong.Parse((await client.AskAsync("p10"))[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Assert.NotEqual(7UL, rip);

            // The greeting is changed in memory before it is printed.
            var all = await client.AskAsync("g");
            var rsi = string.Concat(Enumerable.Range(0, 8).Select(index => all.Substring((4 * 16) + (2 * (7 - index)), 2)));
            Assert.Equal("OK", await client.AskAsync($"M{rsi.TrimStart('0')},5:4a656c6c79"));
            Assert.Equal("W00", await client.AskAsync("vCont;c"));
            await host.WaitAsync();
            Assert.Equal((0, "Jelly, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        }
    }

    [VmFact]
    public async Task Run_RegistersWritten_TheGuestHasThem()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        using (client)
        {
            // RBX, which the program leaves alone; then all registers at once, the same.
            Assert.Equal("OK", await client.AskAsync("P1=efbeadde00000000"));
            Assert.Equal("efbeadde00000000", await client.AskAsync("p1"));
            var all = await client.AskAsync("g");
            Assert.Equal("OK", await client.AskAsync($"G{all}"));
            Assert.Equal(all, await client.AskAsync("g"));
            Assert.Equal("W00", await client.AskAsync("c"));
            await host.WaitAsync();
        }
    }

    // 42 is stored at 0x400 by the program's second to last instruction but one; the greeting's bytes are read one by one.
    [Fact]
    public async Task Run_WatchpointsInSoftware_StopBehindTheAccess()
    {
        var (host, client) = await StartAsync("bare-answer", "--backend", "software");
        using (host)
        using (client)
        {
            foreach (var packet in (string[])["Z2", "Z2,0", "Z2,zz,1", "Z2,0,0", "Z3,0", "Z4,,"])
            {
                Assert.Equal("E01", await client.AskAsync(packet));
            }

            // Two reads of the text's second byte's neighbours, whose address is RSI's after the first instruction.
            Assert.StartsWith("T05thread:1;", await client.AskAsync("s"), StringComparison.Ordinal);
            var rsi = ulong.Parse((await client.AskAsync("p4"))[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Assert.Equal("OK", await client.AskAsync($"Z3,{rsi + 1:x},2"));
            Assert.Equal($"T05rwatch:{rsi + 1:x};thread:1;", await client.AskAsync("c"));
            Assert.Equal($"T05rwatch:{rsi + 2:x};thread:1;", await client.AskAsync("c"));
            Assert.Equal("OK", await client.AskAsync($"z3,{rsi + 1:x},2"));

            Assert.Equal("OK", await client.AskAsync("Z2,402,1"));
            Assert.Equal("OK", await client.AskAsync("Z4,10000,1000"));
            Assert.Equal("00000000", await client.AskAsync("m400,4"));
            Assert.Equal("T05watch:402;thread:1;", await client.AskAsync("c"));
            Assert.Equal("2a000000", await client.AskAsync("m400,4"));
            Assert.Equal("OK", await client.AskAsync("z2,402,1"));
            Assert.Equal("W00", await client.AskAsync("c"));
            await host.WaitAsync();
            Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        }
    }

    [GdbFact]
    public async Task Gdb_WatchInSoftware_StopsAtTheStore()
    {
        var port = RemoteClient.FreePort();
        using var host = HostProcess.Start("--scenario", "bare-answer", "--backend", "software", "--gdb", port.ToString(CultureInfo.InvariantCulture));
        await WaitUntilItListensAsync(host);

        var said = await Gdb.RunAsync(
            [], $"target remote 127.0.0.1:{port}", "watch *(int *) 0x400", "continue", "info registers rax", "delete", "continue");

        await host.WaitAsync();
        Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        Assert.Contains("Hardware watchpoint 1", said, StringComparison.Ordinal);
        Assert.Contains("New value = 42", said, StringComparison.Ordinal);
        Assert.Contains("exited normally", said, StringComparison.Ordinal);
    }

    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_SpinningVcpus_AreInterruptedTogetherAndKilled()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Bare("spin", "long64", "spin.bin", """, "Vcpus": 2, "Timeout": "00:00:01" """));
        var (host, client) = await StartAsync(scenario.Path);
        using (host)
        using (client)
        {
            await client.SendAsync("vCont;c");
            await Task.Delay(1500);
            await client.SendRawAsync([3]);
            Assert.StartsWith("T02thread:", await client.ReceiveAsync(), StringComparison.Ordinal);
            Assert.Equal("m1,2", await client.AskAsync("qfThreadInfo"));
            Assert.Equal("OK", await client.AskAsync("Hg2"));
            Assert.Equal("OK", await client.AskAsync("T2"));
            Assert.Equal("E01", await client.AskAsync("T3"));
            Assert.Equal(16, (await client.AskAsync("p10")).Length);
            await client.SendAsync("k");
            await host.WaitAsync();
            Assert.Contains("Cancelled", host.Error, StringComparison.Ordinal);
        }
    }

    [VmFact]
    public async Task Run_Detached_RunsOn()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        {
            using (client)
            {
                Assert.Equal("OK", await client.AskAsync("Z0,0,1"));
                Assert.Equal("OK", await client.AskAsync("D"));
            }

            await host.WaitAsync();
            Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        }
    }

    [VmFact]
    public async Task Run_DebuggerGone_RunsOn()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        {
            await client.AskAsync("?");
            client.Dispose();
            await host.WaitAsync();
            Assert.Equal(0, host.ExitCode);
        }
    }

    [VmFact]
    public async Task Run_NonsenseFromTheDebugger_IsAnErrorOrNothingAndNoHarm()
    {
        var (host, client) = await StartAsync("bare-answer");
        using (host)
        using (client)
        {
            foreach (var packet in new[]
            {
                "p", "pffff", "P", "P1", "P1=", "P1=zz", "P0=00", "m", "mzz", "m0", "m0,", "mffffffffffff0000,10", "M0,4:00", "M0,1:zz",
                "X0,4:a", "Z0", "Z0,", "Z0,fffffffffffff000,1", "Hg", "Hgzz", "Hg99", "T", "Tzz", "G00", "qXfer:features:read:target.xml:zz",
                "qXfer:features:read:target.xml:ffffff,10",
            })
            {
                Assert.Equal($"{packet} E01", $"{packet} {await client.AskAsync(packet)}");
            }

            foreach (var packet in new[] { "", "!", "Z2,0,1", "qNothing", "vMustReplyEmpty", "vNothing", "bc", new string('q', 5000) })
            {
                Assert.Equal($"{packet} ", $"{packet} {await client.AskAsync(packet)}");
            }

            var random = new Random(1);
            var noise = new byte[50_000];
            random.NextBytes(noise);
            await client.SendRawAsync([.. noise.Where(value => value is not (3 or (byte)'$' or (byte)'-'))]);
            await client.SendRawAsync("$g#00"u8.ToArray());
            Assert.Equal("W00", await client.AskAsync("c"));
            await host.WaitAsync();
            Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        }
    }

    [VmTheory]
    [InlineData("0", "is no port")]
    [InlineData("99999", "is no port")]
    [InlineData("x", "is no port")]
    [InlineData("nobody-0=1234", "has no VM nobody-0")]
    public async Task Run_OptionThatMakesNoSense_IsRefused(string value, string problem)
    {
        using var host = await HostProcess.RunAsync("--scenario", "bare-answer", "--gdb", value);

        Assert.Equal(2, host.ExitCode);
        Assert.Contains(problem, Assert.Single(host.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [GdbFact]
    public async Task Gdb_BareGuest_BreaksStepsAndContinues()
    {
        var port = RemoteClient.FreePort();
        using var host = HostProcess.Start("--scenario", "bare-answer", "--gdb", port.ToString(CultureInfo.InvariantCulture));
        await WaitUntilItListensAsync(host);

        var said = await Gdb.RunAsync(
            [], $"target remote 127.0.0.1:{port}", "info registers rip cr0", "break *0x7", "continue", "delete", "stepi", "x/s $rsi", "info threads", "continue");

        await host.WaitAsync();
        Assert.Equal((0, "Hello, world!"), (host.ExitCode, host.Output.TrimEnd('\n')));
        Assert.Contains("Breakpoint 1, 0x0000000000000007", said, StringComparison.Ordinal);
        Assert.Contains("\"Hello, world!\\n\"", said, StringComparison.Ordinal);
        Assert.Contains("vCPU 0", said, StringComparison.Ordinal);
        Assert.Contains("exited normally", said, StringComparison.Ordinal);
    }

    [GdbFact]
    public async Task Gdb_ThroughAPipe_TheGuestsOutputGoesToStandardError()
    {
        var command = HostOnTerminal.CommandOf("--scenario", "bare-answer", "--gdb", "stdio", "--quiet");

        var said = await Gdb.RunAsync([], $"target remote | {command}", "info registers rip", "continue");

        Assert.Matches(@"rip\s+0x0", said);
        Assert.Contains("Hello, world!", said, StringComparison.Ordinal);
        Assert.Contains("exited normally", said, StringComparison.Ordinal);
    }

    [GdbFact]
    public async Task Gdb_GuestThatCannotGoOn_StopsWhereItHappened()
    {
        var port = RemoteClient.FreePort();
        using var host = HostProcess.Start("--scenario", "crashes", "--gdb", $"triple-fault-0={port}");
        await WaitUntilItListensAsync(host);

        var said = await Gdb.RunAsync([], $"target remote 127.0.0.1:{port}", "continue", "info registers rip", "continue");

        await host.WaitAsync();
        Assert.Equal(0, host.ExitCode);
        Assert.Contains("received signal SIGSEGV", said, StringComparison.Ordinal);
    }

    private static async Task WaitUntilItListensAsync(HostProcess host)
    {
        for (var tries = 0; !host.Error.Contains("waits for a debugger", StringComparison.Ordinal) && !host.HasEnded && tries < 3000; tries++)
        {
            await Task.Delay(20);
        }

        Assert.Contains("waits for a debugger", host.Error, StringComparison.Ordinal);
    }

    private static async Task<(HostProcess Host, RemoteClient Client)> StartAsync(string scenario, params string[] options)
    {
        var port = RemoteClient.FreePort();
        var host = HostProcess.Start(["--scenario", scenario, "--gdb", port.ToString(CultureInfo.InvariantCulture), .. options]);
        return (host, await RemoteClient.ConnectAsync(port));
    }
}
