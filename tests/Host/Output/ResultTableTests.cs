using System.Text.RegularExpressions;
using KvmActors.Actors.Results;
using KvmActors.Host.Output;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using Spectre.Console;

namespace KvmActors.Host.Tests.Output;

public sealed class ResultTableTests
{
    [Fact]
    public void Write_FewVms_ShowsEachWithItsOutcome()
    {
        var text = Render(SampleResults.Scenario(good: 2, oneCrashed: true));

        Assert.Contains("good-0", text, StringComparison.Ordinal);
        Assert.Contains("good-1", text, StringComparison.Ordinal);
        Assert.Matches("bad-0 +Crashed", text);
        Assert.Contains("unclaimed port 0x1234 [odd]", text, StringComparison.Ordinal);
        Assert.Contains("2 of 3 VMs ended well", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ManyVms_SumsUpTheGoodAndShowsTheFailed()
    {
        var text = Render(SampleResults.Scenario(good: 2000, oneCrashed: true));

        Assert.Matches("good × 2000 +Exited 0", text);
        Assert.DoesNotContain("good-0", text, StringComparison.Ordinal);
        Assert.Matches("bad-0 +Crashed", text);
        Assert.InRange(text.Split('\n').Length, 5, 60);
    }

    [Fact]
    public void Write_Exits_ShowsReasonsAndHypercalls()
    {
        var text = Render(SampleResults.Scenario(good: 1, oneCrashed: false));

        Assert.Matches("Io +1 +1[0-9.]+ µs", text);
        Assert.Matches("  read +1 ", text);
    }

    [Fact]
    public void Write_NothingStarted_StillSumsUp()
    {
        var text = Render(SampleResults.Scenario(good: 0, oneCrashed: false) with { WasCancelled = true });

        Assert.Contains("0 of 0 VMs ended well in 1.500 s, interrupted", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "2 of 2 VMs ended well in 1.500 s, in software")]
    [InlineData(1, "2 of 2 VMs ended well in 1.500 s, 1 of them in software")]
    public void Write_InSoftware_SaysSo(int count, string expected)
    {
        var sample = SampleResults.Scenario(good: 2, oneCrashed: false);

        var text = Render(sample with { Vms = [.. sample.Vms.Select((vm, index) => index < count ? vm with { Backend = Backend.Software } : vm)] });

        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("software", Render(sample), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(200)]
    public void Write_NarrowTerminal_KeepsFiguresAndUnitsTogether(int width)
    {
        var statistics = new ExitStatistics();
        for (var index = 0; index < 1000; index++)
        {
            statistics.RecordExit(ExitSite.Port(0x8001), guestTicks: 12_300_000 + index, hostTicks: 325_600);
            statistics.RecordCall((int)CallNumber.ClockNanosleep, ticks: 32_700_000);
        }

        var sample = SampleResults.Scenario(good: 1, oneCrashed: true);
        var long_ = sample.Vms[0] with { Id = "a-machine-with-a-long-name-0", Message = string.Join(' ', Enumerable.Repeat("something went wrong", 9)) };
        var text = Render(sample with { Statistics = statistics, Vms = [.. sample.Vms, long_] }, width);

        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, width));

        // Every figure has its unit behind it, and there is no unit without a figure.
        Assert.Equal(6 + 6 + 3, Regex.Count(text, "[0-9] (ns|µs|ms|s)(?= |\n)") - Regex.Count(text, "in 1.500 s"));
        Assert.DoesNotMatch("(?m)(^|[^0-9.]) +(ns|µs|ms)( |$)", text);
        Assert.DoesNotContain("…", text, StringComparison.Ordinal);
    }

    private static string Render(ScenarioResult result, int width = 200)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });
        console.Profile.Width = width;
        ResultTable.Write(console, result);
        return writer.ToString();
    }
}
