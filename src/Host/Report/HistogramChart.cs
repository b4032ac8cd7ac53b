using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Report;

/// <summary>One distribution of durations.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Class">The colour's name.</param>
/// <param name="Durations">The distribution.</param>
internal sealed record Distribution(string Name, string Class, LatencyHistogram Durations);

/// <summary>Histograms one above the other on a common logarithmic axis, with their percentiles marked.</summary>
internal static class HistogramChart
{
    private const double Width = 1040, Left = 150, Right = 20;
    private const double RowHeight = 76, PlotHeight = 46, MarkRoom = 17, LetterWidth = 6;
    private const int BinsPerDecade = 20;

    private static readonly (string Name, double Share)[] Marks = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

    /// <summary>The axis that covers all of them.</summary>
    public static LogScale ScaleFor(IEnumerable<LatencyHistogram> all)
    {
        var filled = all.Where(one => one.Count > 0).ToList();
        return filled.Count == 0
            ? LogScale.Covering(100, 1e6, Left, Width - Left - Right)
            : LogScale.Covering(filled.Min(one => one.Percentile(0)), filled.Max(one => one.MaxNanosecondsSeen), Left, Width - Left - Right);
    }

    /// <summary>Writes a figure.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="scale">The axis.</param>
    /// <param name="rows">The distributions, from the top.</param>
    public static void Write(HtmlWriter html, string title, in LogScale scale, IReadOnlyList<Distribution> rows)
    {
        var bottom = rows.Count * RowHeight;
        html.Write($"<figure><svg viewBox=\"0 0 {Width} {bottom + 22}\" role=\"img\"><title>{title}</title><desc>");
        foreach (var row in rows)
        {
            html.Write($"{row.Name}: {Describe(row.Durations)}. ");
        }

        html.Markup("</desc>\n");
        foreach (var tick in scale.Ticks)
        {
            html.Write($"<path class=\"grid\" d=\"M{scale.At(tick)} 0V{bottom}\"/><text class=\"mid\" x=\"{scale.At(tick)}\" y=\"{bottom + 15}\">{LogScale.Label(tick)}</text>\n");
        }

        foreach (var (index, row) in rows.Index())
        {
            WriteRow(html, scale, row, (index * RowHeight) + MarkRoom);
        }

        html.Markup("</svg></figure>\n");
    }

    private static void WriteRow(HtmlWriter html, in LogScale scale, Distribution row, double top)
    {
        var floor = top + PlotHeight;
        html.Write($"<text class=\"strong\" x=\"0\" y=\"{top + 17}\">{row.Name}</text><text x=\"0\" y=\"{top + 32}\">{Units.Count(row.Durations.Count)}, p99 {Units.Duration(row.Durations.Percentile(0.99))}</text>");
        html.Write($"<path class=\"axis\" d=\"M{scale.Start} {floor}H{scale.Start + scale.Length}\"/>\n");

        var bins = Bin(scale, row.Durations);
        var most = bins.Max();
        var width = scale.Length / bins.Length;
        for (var bin = 0; bin < bins.Length; bin++)
        {
            if (bins[bin] > 0)
            {
                // A single exit among millions still shows.
                var height = Math.Max(1.5, PlotHeight * bins[bin] / most);
                var from = scale.Lowest * Math.Pow(10, bin / (double)BinsPerDecade);
                var to = scale.Lowest * Math.Pow(10, (bin + 1) / (double)BinsPerDecade);
                html.Write($"<rect class=\"{row.Class}\" x=\"{scale.Start + (bin * width)}\" y=\"{floor - height}\" width=\"{width - 0.8}\" height=\"{height}\">");
                html.Write($"<title>{Units.Duration(from)} – {Units.Duration(to)}: {Units.Count(bins[bin])}</title></rect>");
            }
        }

        html.Markup("\n");
        WriteMarks(html, scale, row.Durations, top, floor);
    }

    private static void WriteMarks(HtmlWriter html, in LogScale scale, LatencyHistogram durations, double top, double floor)
    {
        // The longest first: where there is no room for all labels, the others give way. Their tooltips have them.
        var taken = new List<(double From, double To)>();
        foreach (var (name, value) in Marks.Select(mark => (mark.Name, durations.Percentile(mark.Share))).Prepend(("max", durations.MaxNanosecondsSeen)))
        {
            var x = scale.At(value);
            var text = $"{name} {Units.Duration(value)}";
            html.Write($"<g><title>{text}</title><path class=\"tick\" d=\"M{x} {top - 3}V{floor + 3}\"/>");

            var width = LetterWidth * text.Length;
            var nearEnd = x + width > scale.Start + scale.Length;
            var from = nearEnd ? x + 3 - width : x - 3;
            if (!taken.Exists(other => from < other.To && other.From < from + width))
            {
                html.Write($"<text class=\"mark{(nearEnd ? " end" : "")}\" x=\"{(nearEnd ? x + 3 : x - 3)}\" y=\"{top - 7}\">{text}</text>");
                taken.Add((from, from + width));
            }

            html.Markup("</g>");
        }

        html.Markup("\n");
    }

    private static long[] Bin(in LogScale scale, LatencyHistogram durations)
    {
        var bins = new long[scale.Decades * BinsPerDecade];
        foreach (var (nanoseconds, count) in durations.Buckets())
        {
            var bin = (int)(Math.Log10(Math.Max(1, nanoseconds) / scale.Lowest) * BinsPerDecade);
            bins[Math.Clamp(bin, 0, bins.Length - 1)] += count;
        }

        return bins;
    }

    private static string Describe(LatencyHistogram durations) =>
        $"{Units.Count(durations.Count)} in all, {string.Join(", ", Marks.Select(mark => $"{mark.Name} {Units.Duration(durations.Percentile(mark.Share))}"))}, max {Units.Duration(durations.MaxNanosecondsSeen)}";
}
