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
    private const double RowHeight = 76, PlotHeight = 46, MarkRoom = 17, LetterWidth = 6;
    private const int BinsPerDecade = 20;

    private static readonly (string Name, double Share)[] Marks = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

    /// <summary>Writes a figure.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="common">What the axis covers: these rows, and those of figures beside it.</param>
    /// <param name="rows">The distributions, from the top.</param>
    public static void Write(HtmlWriter html, string title, IEnumerable<LatencyHistogram> common, IReadOnlyList<Distribution> rows)
    {
        var filled = common.Where(one => one.Count > 0).ToList();
        var (shortest, longest) = filled.Count == 0 ? (100.0, 1e6) : (filled.Min(one => one.Percentile(0)), (double)filled.Max(one => one.MaxNanosecondsSeen));
        foreach (var layout in ChartLayout.All)
        {
            WriteFigure(html, title, layout, layout.Scale(shortest, longest), rows);
        }
    }

    private static void WriteFigure(HtmlWriter html, string title, ChartLayout layout, in LogScale scale, IReadOnlyList<Distribution> rows)
    {
        var rowHeight = RowHeight + layout.NameRoom;
        var bottom = rows.Count * rowHeight;
        html.Write($"<figure class=\"{layout.Class}\"><svg viewBox=\"0 0 {layout.Width} {bottom + 22}\" role=\"img\"><title>{title}</title><desc>");
        foreach (var row in rows)
        {
            html.Write($"{row.Name}: {Describe(row.Durations)}. ");
        }

        html.Markup("</desc>\n");
        scale.WriteTicks(html, bottom);
        foreach (var (index, row) in rows.Index())
        {
            WriteRow(html, layout, scale, row, index * rowHeight);
        }

        html.Markup("</svg></figure>\n");
    }

    private static void WriteRow(HtmlWriter html, ChartLayout layout, in LogScale scale, Distribution row, double top)
    {
        var figures = $"{Units.Count(row.Durations.Count)}, p99 {Units.Duration(row.Durations.Percentile(0.99))}";
        if (layout.NameRoom > 0)
        {
            html.Write($"<text class=\"strong\" x=\"{layout.Left}\" y=\"{top + 14}\">{row.Name}</text><text class=\"end\" x=\"{layout.Width - layout.Right}\" y=\"{top + 14}\">{figures}</text>");
        }

        top += layout.NameRoom + MarkRoom;
        if (layout.NameRoom == 0)
        {
            html.Write($"<text class=\"strong\" x=\"0\" y=\"{top + 17}\">{row.Name}</text><text x=\"0\" y=\"{top + 32}\">{figures}</text>");
        }

        var floor = top + PlotHeight;
        html.Write($"<path class=\"axis\" d=\"M{scale.Start} {floor}H{scale.Start + scale.Length}\"/>\n");
        WriteBars(html, scale, row, floor);
        WriteMarks(html, scale, row.Durations, top, floor);
    }

    private static void WriteBars(HtmlWriter html, in LogScale scale, Distribution row, double floor)
    {
        var bins = scale.Bin(row.Durations.Buckets(), BinsPerDecade);
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
                html.Write($"<rect class=\"{row.Class}\" x=\"{scale.Start + (bin * width)}\" y=\"{floor - height}\" width=\"{Math.Max(1, width - 0.8)}\" height=\"{height}\">");
                html.Write($"<title>{Units.Duration(from)} – {Units.Duration(to)}: {Units.Count(bins[bin])}</title></rect>");
            }
        }

        html.Markup("\n");
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

    private static string Describe(LatencyHistogram durations) =>
        $"{Units.Count(durations.Count)} in all, {string.Join(", ", Marks.Select(mark => $"{mark.Name} {Units.Duration(durations.Percentile(mark.Share))}"))}, max {Units.Duration(durations.MaxNanosecondsSeen)}";
}
