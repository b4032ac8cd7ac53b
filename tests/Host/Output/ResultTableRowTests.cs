using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Output;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;
using Spectre.Console;

namespace KvmActors.Host.Tests.Output;

/// <summary>What <see cref="ResultTable"/> says of one VM.</summary>
public sealed class ResultTableRowTests
{
    private static readonly VmResult Vm = new() { Id = "vm-0", Name = "vm", Outcome = VmOutcome.Exited, ExitCode = 0 };

    [Fact]
    public void Write_StartedAgain_SaysHowOften()
    {
        Assert.Contains("no more memory (started again: 2)", Render(Vm with { Message = "no more memory", Restarts = 2 }), StringComparison.Ordinal);
        Assert.Matches(" {2}\\(started again: 1\\)", Render(Vm with { Restarts = 1 }));
        Assert.Contains("no more memory (quarantined after 2 restarts)", Render(Vm with { Message = "no more memory", Restarts = 2, IsQuarantined = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MissingSystemCalls_AreNamedWithTheirCounts()
    {
        var missing = new Dictionary<string, long> { ["socket"] = 3, ["999"] = 1 };

        Assert.Contains("not served: socket:3 999:1", Render(Vm with { MissingSystemCalls = missing }), StringComparison.Ordinal);
        Assert.Matches("failed *\n.*not served: socket:3 999:1", Render(Vm with { Message = "failed", MissingSystemCalls = missing }));
    }

    [Fact]
    public void Write_SeveralVcpus_AddsUpTheirExits()
    {
        var vm = Vm with
        {
            Vcpus =
            [
                new VcpuResult(0, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Io] = 2, [VcpuExitReason.Hlt] = 1 }),
                new VcpuResult(1, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Io] = 40 }),
            ],
        };

        Assert.Contains("Io:42 Hlt:1", Render(vm), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0, "0 ns")]
    [InlineData(999.4, "999 µs")]
    [InlineData(1_300.0, "1.30 ms")]
    [InlineData(2_500_000.0, "2.50 s")]
    public void Write_Duration_IsInItsUnit(double microseconds, string expected) =>
        Assert.Contains(expected, Render(Vm with { RunDuration = TimeSpan.FromMicroseconds(microseconds) }), StringComparison.Ordinal);

    [Fact]
    public void Write_FailureThatIsExpected_CountsAsGood()
    {
        var vm = Vm with { Outcome = VmOutcome.Exited, ExitCode = 7, Expected = new ExpectedEnd(VmOutcome.Exited, 7) };

        Assert.Contains("1 of 1 VMs ended well", Render(vm), StringComparison.Ordinal);
        Assert.Contains("0 of 1 VMs ended well", Render(vm with { Expected = ExpectedEnd.Well }), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ManyVms_GivesAveragesAndNoMoreRowsThanFit()
    {
        var vms = Enumerable.Range(0, 100).Select(index => Vm with
        {
            Id = $"vm-{index}",
            ExitCode = index % 2,
            RunDuration = TimeSpan.FromMicroseconds(index % 2 == 0 ? 100 : 300),
            StartDuration = TimeSpan.FromMicroseconds(index),
        });

        var text = Render([.. vms]);

        Assert.Matches("vm × 50 +Exited 0 +0 +49\\.0 µs +100 µs +averages", text);
        Assert.Matches("vm × 50 +Exited 1 +0 +50\\.0 µs +300 µs +averages", text);
        Assert.Equal(24, text.Split('\n').Count(line => line.Contains("vm-", StringComparison.Ordinal)));
    }

    private static string Render(params VmResult[] vms)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });
        console.Profile.Width = 200;
        ResultTable.Write(console, new ScenarioResult("test", TimeSpan.FromSeconds(1), WasCancelled: false, vms, new ExitStatistics()));
        return writer.ToString();
    }
}
