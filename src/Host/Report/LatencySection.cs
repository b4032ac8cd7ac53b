using KvmActors.Linux.Calls;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Report;

/// <summary>Where the time went: each kind of exit, then each hypercall.</summary>
internal static class LatencySection
{
    private const int MaxHypercalls = 40;
    private const int DrawnHypercalls = 8;

    /// <summary>Writes the section.</summary>
    public static void Write(HtmlWriter html, ExitStatistics statistics)
    {
        var exits = statistics.Exits.OrderByDescending(row => row.Durations.Host.Count).ToList();
        if (exits.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Exits by reason</h2>\n<p class=\"soft\">How long the host took, from an exit to the next entry, and how long the guest had run before it. ");
        html.Markup("The bars of a row are in proportion; the smallest are drawn larger so that they show.</p>\n");
        html.Markup("<div class=\"legend\"><span><span class=\"key k-host\"></span>host</span><span><span class=\"key k-guest\"></span>guest</span></div>\n");
        List<LatencyHistogram> all = [.. exits.SelectMany(row => new[] { row.Durations.Host, row.Durations.Guest })];
        foreach (var (reason, durations) in exits)
        {
            HistogramChart.Write(
                html, $"Durations of {reason} exits", all,
                [new Distribution($"{reason}, host", "host", durations.Host), new Distribution("guest before it", "guest", durations.Guest)]);
        }

        html.Markup("</section>\n");
        WriteHypercalls(html, statistics);
    }

    private static void WriteHypercalls(HtmlWriter html, ExitStatistics statistics)
    {
        var calls = statistics.Calls.OrderByDescending(row => TotalOf(row.Durations)).ToList();
        if (calls.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Hypercalls</h2>\n<p class=\"soft\">Those that took the most time in all come first. A wait that the guest asked for does not count.</p>\n");
        HistogramChart.Write(
            html, "Durations of hypercalls", calls.Select(row => row.Durations),
            [.. calls.Take(DrawnHypercalls).Select(row => new Distribution(CallNames.NameOf(row.Number), "host", row.Durations))]);
        html.Markup("<h3>All of them</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Call</th><th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">In all</th>");
        html.Markup("<th scope=\"col\" class=\"n\">p50</th><th scope=\"col\" class=\"n\">p90</th><th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">max</th></tr></thead><tbody>\n");
        foreach (var (number, durations) in calls.Take(MaxHypercalls))
        {
            html.Write($"<tr><td><code>{CallNames.NameOf(number)}</code></td><td class=\"n\">{Units.Count(durations.Count)}</td><td class=\"n\">{Units.Duration(TotalOf(durations))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(durations.Percentile(0.5))}</td><td class=\"n\">{Units.Duration(durations.Percentile(0.9))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(durations.Percentile(0.99))}</td><td class=\"n\">{Units.Duration(durations.MaxNanosecondsSeen)}</td></tr>\n");
        }

        html.Markup("</tbody></table></div></section>\n");
    }

    private static double TotalOf(LatencyHistogram durations) => durations.Buckets().Sum(bucket => bucket.Nanoseconds * bucket.Count);
}
