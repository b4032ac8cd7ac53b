using System.Text;
using KvmActors.Host.Report;

namespace KvmActors.Host.Compare;

/// <summary>What <c>compare --report</c> writes: a page like <see cref="ReportPage"/>, but of two runs beside each other.</summary>
internal static class ComparePage
{
    private const int MaxRows = 2000, MaxDrawn = 60;

    /// <summary>Writes the page.</summary>
    public static void Write(Stream stream, Comparison comparison) => stream.Write(Encoding.UTF8.GetBytes(Create(comparison)));

    /// <summary>Makes the page.</summary>
    public static string Create(Comparison comparison)
    {
        var html = new HtmlWriter();
        ReportPage.WriteHead(html, $"{comparison.First.Scenario}, two runs", ProgramVersion.Current);
        html.Write($"<header><h1>{comparison.First.Scenario}, two runs</h1><span class=\"verdict{(comparison.IsSlower ? " bad" : "")}\">{(comparison.IsSlower ? "slower" : "not slower")}</span></header>\n");
        WriteTiles(html, comparison);
        WriteRuns(html, comparison);
        foreach (var group in comparison.Rows.Take(MaxRows).GroupBy(row => row.Group))
        {
            WriteTable(html, group.Key, group);
        }

        WriteCharts(html, comparison);
        html.Markup("<footer>A ratio is B's quantile divided by A's. The intervals hold together: with all of them, the risk that any is wrong is 5 %, as far as the durations of a run ");
        html.Markup("are independent of each other. What differs from run to run without a cause is not in them; that is what the margin is for.</footer>\n</main>\n</body>\n</html>\n");
        return html.ToString();
    }

    private static void WriteTiles(HtmlWriter html, Comparison comparison)
    {
        html.Markup("<dl class=\"tiles\">");
        foreach (var verdict in (CompareVerdict[])
            [CompareVerdict.Slower, CompareVerdict.Mixed, CompareVerdict.Faster, CompareVerdict.Same, CompareVerdict.TooFew, CompareVerdict.Gone, CompareVerdict.New])
        {
            var count = comparison.CountOf(verdict);
            html.Write($"<div><dt>{CompareText.Of(verdict)}</dt><dd class=\"{(count > 0 && verdict is CompareVerdict.Slower or CompareVerdict.Mixed ? "bad" : "")}\">{Units.Count(count)}</dd></div>");
        }

        html.Markup("</dl>\n");
    }

    private static void WriteRuns(HtmlWriter html, Comparison comparison)
    {
        html.Markup("<section><h2>The runs</h2>\n<dl class=\"facts\">");
        foreach (var (letter, run) in ((string, ComparedRun)[])[("A", comparison.First), ("B", comparison.Second)])
        {
            html.Write($"<div><dt>{letter}</dt><dd>{run.Name}: {run.Scenario} at {run.StartedAt}, version {run.ProgramVersion}, on {run.Processor}, {run.Kernel}, {run.KvmModule}</dd></div>\n");
        }

        html.Markup("</dl>");
        foreach (var warning in comparison.Warnings)
        {
            html.Write($"<p class=\"verdict bad\">{warning}</p>\n");
        }

        html.Write($"<p>{CompareText.Summary(comparison)}</p></section>\n");
    }

    private static void WriteTable(HtmlWriter html, string name, IEnumerable<ComparedRow> rows)
    {
        html.Write($"<section><h2>{name}</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"n\">Count A</th><th scope=\"col\" class=\"n\">B</th>");
        html.Markup("<th scope=\"col\" class=\"n\">p50 A</th><th scope=\"col\" class=\"n\">B</th><th scope=\"col\" class=\"n\">Ratio B/A</th>");
        html.Markup("<th scope=\"col\" class=\"n\">p99 A</th><th scope=\"col\" class=\"n\">B</th><th scope=\"col\" class=\"n\">Ratio B/A</th></tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            html.Write($"<tr><td class=\"nowrap\">{row.Name}</td><td class=\"nowrap\"><span class=\"key k-{ClassOf(row.Verdict)}\"></span>{CompareText.Of(row.Verdict)}</td>");
            html.Write($"<td class=\"n\">{Units.Count(row.First.Count)}</td><td class=\"n\">{Units.Count(row.Second.Count)}</td>");
            WriteQuantiles(html, row, row.Median, Comparison.MedianShare);
            WriteQuantiles(html, row, row.Tail, Comparison.TailShare);
            html.Markup("</tr>\n");
        }

        html.Markup("</tbody></table></div></section>\n");
    }

    private static void WriteQuantiles(HtmlWriter html, ComparedRow row, RatioEstimate? estimate, double share)
    {
        var ratio = estimate is not null ? $"{CompareText.Ratio(estimate.Ratio)} {CompareText.Interval(estimate)}"
            : RatioEstimate.RatioOf(row.First, row.Second, share) is { } alone ? CompareText.Ratio(alone) : "";
        html.Write($"<td class=\"n\">{Quantile(row.First)}</td><td class=\"n\">{Quantile(row.Second)}</td><td class=\"n\">{ratio}</td>");

        string Quantile(BucketDistribution durations) => durations.Count == 0 ? "" : Units.Duration(durations.Quantile(share));
    }

    private static void WriteCharts(HtmlWriter html, Comparison comparison)
    {
        // What changed comes first; a single duration is no distribution.
        var drawn = comparison.Rows
            .Where(row => row.Group != "Instances" && row.First.Count + row.Second.Count > 2)
            .OrderBy(row => row.Verdict is CompareVerdict.Slower or CompareVerdict.Mixed ? 0 : row.Verdict == CompareVerdict.Faster ? 1 : 2)
            .Take(MaxDrawn)
            .ToList();
        if (drawn.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Distributions</h2>\n<p class=\"soft\">Both runs over each other, each as shares of its own. What became slower comes first.</p>\n");
        html.Markup("<div class=\"legend\"><span><span class=\"key k-guest\"></span>A</span><span><span class=\"key k-host\"></span>B</span></div>\n");
        foreach (var row in drawn)
        {
            OverlayChart.Write(html, row);
        }

        html.Markup("</section>\n");
    }

    private static string ClassOf(CompareVerdict verdict) => verdict switch
    {
        CompareVerdict.Slower or CompareVerdict.Mixed => "bad",
        CompareVerdict.Faster => "good",
        _ => "gone",
    };
}
