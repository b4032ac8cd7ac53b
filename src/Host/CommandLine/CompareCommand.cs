using System.CommandLine;
using System.Globalization;
using KvmActors.Host.Compare;
using KvmActors.Host.Output;
using KvmActors.Library.Checking;
using Spectre.Console;

namespace KvmActors.Host.CommandLine;

/// <summary>Says whether a second run was slower than a first, by more than noise.</summary>
internal static class CompareCommand
{
    // A file or a pipe has no width; tables in it should not be folded.
    private const int WideEnough = 220;

    private const double MaxMarginPercent = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var first = new Argument<string>("A.json") { Description = "The results of the first run, as --json wrote them." };
        var second = new Argument<string>("B.json") { Description = "The results of the second run." };
        var report = new Option<string?>("--report") { Description = "Write the comparison to a file, for a browser.", HelpName = "FILE.html" };
        var margin = new Option<string?>("--margin")
        {
            Description = "By how many percent two runs may differ and be called the same, whatever the intervals say; 10 by default.",
            HelpName = "PERCENT",
        };
        var again = new Option<string[]>("--again")
        {
            Description = "Another run of what A.json was; once for each. What they differ by is noise.",
            HelpName = "A2.json",
            DefaultValueFactory = _ => [],
        };
        var compare = new Command("compare", "Compares the results of two runs. Exit code 1 when something became slower by more than noise.")
        {
            first, second, report, margin, again,
        };
        compare.SetAction(parsed =>
        {
            SettingWords.Read(parsed);
            return Run(parsed.GetValue(first)!, parsed.GetValue(second)!, parsed.GetValue(again)!, parsed.GetValue(report), ReadMargin(parsed.GetValue(margin)));
        });
        return compare;
    }

    private static double ReadMargin(string? text) =>
        text is null ? Comparison.UsualMargin
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= MaxMarginPercent ? percent / 100
        : throw new ConfigurationException($"compare: --margin {text}: not a number of percent from 0 to {MaxMarginPercent}");

    private static int Run(string firstFile, string secondFile, string[] again, string? report, double margin)
    {
        var comparison = Comparison.Of(ComparedRun.Read(firstFile), ComparedRun.Read(secondFile), margin, [.. again.Select(ComparedRun.Read)]);
        using var page = OutputFile.Open("--report", report);
        CompareTable.Write(OutputConsole(), comparison);
        if (page?.Write(stream => ComparePage.Write(stream, comparison)) is { } problem)
        {
            ErrorLine.Write(problem);
            return comparison.IsSlower ? ExitCodes.GuestFailed : ExitCodes.OutputFailed;
        }

        return comparison.IsSlower ? ExitCodes.GuestFailed : ExitCodes.Success;
    }

    private static IAnsiConsole OutputConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Out),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WideEnough;
        }

        return console;
    }
}
