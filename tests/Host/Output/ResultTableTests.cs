using KvmActors.Actors.Results;
using KvmActors.Host.Output;
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

    private static string Render(ScenarioResult result)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });
        console.Profile.Width = 200;
        ResultTable.Write(console, result);
        return writer.ToString();
    }
}
