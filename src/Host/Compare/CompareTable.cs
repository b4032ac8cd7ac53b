using KvmActors.Host.Output;
using Spectre.Console;

namespace KvmActors.Host.Compare;

/// <summary>Shows people how two runs compare.</summary>
internal static class CompareTable
{
    private const int MaxRows = 200, RoomyWidth = 120;

    /// <summary>Writes it.</summary>
    public static void Write(IAnsiConsole console, Comparison comparison)
    {
        WriteRun(console, "A", comparison.First);
        WriteRun(console, "B", comparison.Second);
        foreach (var warning in comparison.Warnings)
        {
            console.WriteLine(ErrorLine.Format(warning));
        }

        var isNarrow = console.Profile.Width < RoomyWidth;
        foreach (var group in comparison.Rows.Take(MaxRows).GroupBy(row => row.Group))
        {
            console.Write(TableOf(group.Key, group, isNarrow));
        }

        if (comparison.Rows.Count > MaxRows)
        {
            console.WriteLine($"and {Units.Count(comparison.Rows.Count - MaxRows)} more; --report has them all");
        }

        console.WriteLine(CompareText.Summary(comparison));
    }

    private static void WriteRun(IAnsiConsole console, string letter, ComparedRun run) =>
        console.WriteLine(ErrorLine.Format($"{letter}: {run.Name}, {run.Scenario} at {run.StartedAt}, version {run.ProgramVersion}"));

    private static Table TableOf(string name, IEnumerable<ComparedRow> rows, bool isNarrow)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var header in (string[])[name, "Count A", "B", "p50 A", "B", "Ratio B/A", "p99 A", "B", "Ratio B/A", "Verdict"])
        {
            var isFirst = header == name;
            var column = new TableColumn(new Text(isNarrow ? header.Replace(' ', '\n') : header)) { NoWrap = !isFirst };
            if (isNarrow)
            {
                column.Padding = new Padding(0);
            }

            table.AddColumn(isFirst || header == "Verdict" ? column : column.RightAligned());
        }

        foreach (var row in rows)
        {
            table.AddRow(
                Plain(ErrorLine.Format(row.Name)),
                Plain(Units.Count(row.First.Count)),
                Plain(Units.Count(row.Second.Count)),
                Quantile(row.First, Comparison.MedianShare),
                Quantile(row.Second, Comparison.MedianShare),
                Ratio(row, row.Median, Comparison.MedianShare, isNarrow),
                Quantile(row.First, Comparison.TailShare),
                Quantile(row.Second, Comparison.TailShare),
                Ratio(row, row.Tail, Comparison.TailShare, isNarrow),
                new Text(CompareText.Of(row.Verdict), new Style(ColorOf(row.Verdict))));
        }

        return table;
    }

    private static Text Quantile(BucketDistribution durations, double share) => Plain(durations.Count == 0 ? "" : Units.Duration(durations.Quantile(share)));

    private static Text Ratio(ComparedRow row, RatioEstimate? estimate, double share, bool isNarrow) => Plain(
        estimate is not null ? $"{CompareText.Ratio(estimate.Ratio)}{(isNarrow ? '\n' : ' ')}{CompareText.Interval(estimate)}"
        : RatioEstimate.RatioOf(row.First, row.Second, share) is { } ratio ? CompareText.Ratio(ratio)
        : "");

    private static Color ColorOf(CompareVerdict verdict) => verdict switch
    {
        CompareVerdict.Slower or CompareVerdict.Mixed => Color.Red,
        CompareVerdict.Faster => Color.Green,
        _ => Color.Default,
    };

    private static Text Plain(string text) => new(text);
}
