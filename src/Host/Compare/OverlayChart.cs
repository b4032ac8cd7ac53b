using KvmActors.Host.Report;

namespace KvmActors.Host.Compare;

/// <summary>Two distributions over each other on a common logarithmic axis: each bar is a share of its own distribution.</summary>
internal static class OverlayChart
{
    private const double PlotHeight = 74, Top = 18, Bottom = 22;
    private const int BinsPerDecade = 16;

    /// <summary>Writes the figures of a row, for a page and for a telephone.</summary>
    public static void Write(HtmlWriter html, ComparedRow row)
    {
        var all = row.First.Buckets.Concat(row.Second.Buckets).ToList();
        foreach (var layout in ChartLayout.All)
        {
            var scale = layout.Scale(all.Min(bucket => bucket.Nanoseconds), all.Max(bucket => bucket.Nanoseconds));
            WriteFigure(html, layout, scale, row);
        }
    }

    private static void WriteFigure(HtmlWriter html, ChartLayout layout, in LogScale scale, ComparedRow row)
    {
        var top = Top + layout.NameRoom;
        var floor = top + PlotHeight;
        var (first, second) = (Shares(scale, row.First), Shares(scale, row.Second));
        var most = Math.Max(first.Max(), second.Max());
        html.Write($"<figure class=\"{layout.Class}\"><svg viewBox=\"0 0 {layout.Width} {floor + Bottom}\" role=\"img\"><title>{row.Name}, both runs</title>");
        html.Write($"<desc>A: {Describe(row.First)}. B: {Describe(row.Second)}.</desc>\n");
        scale.WriteTicks(html, floor);
        html.Write($"<text class=\"strong\" x=\"{(layout.NameRoom > 0 ? layout.Left : 0)}\" y=\"{(layout.NameRoom > 0 ? 14 : top + 17)}\">{Shortened(row.Name)}</text>");
        html.Write($"<path class=\"axis\" d=\"M{scale.Start} {floor}H{scale.Start + scale.Length}\"/>\n");
        WriteSteps(html, scale, first, most, floor, "guest");
        WriteSteps(html, scale, second, most, floor, "host");
        WriteMedian(html, scale, row.First, "A", top, floor, above: true);
        WriteMedian(html, scale, row.Second, "B", top, floor, above: false);
        html.Markup("</svg></figure>\n");
    }

    // One outline that is filled lightly, so that both can be seen where they overlap.
    private static void WriteSteps(HtmlWriter html, in LogScale scale, double[] shares, double most, double floor, string kind)
    {
        if (shares.Max() == 0)
        {
            return;
        }

        var width = scale.Length / shares.Length;
        html.Write($"<path class=\"over {kind}\" d=\"M{scale.Start} {floor}");
        var last = 0.0;
        for (var bin = 0; bin < shares.Length; bin++)
        {
            // What is there at all still shows.
            var height = shares[bin] == 0 ? 0 : Math.Max(1.5, PlotHeight * shares[bin] / most);
            if (height != last)
            {
                html.Write($"H{scale.Start + (bin * width)}V{floor - height}");
                last = height;
            }
        }

        html.Write($"H{scale.Start + scale.Length}V{floor}Z\"/>\n");
    }

    private static void WriteMedian(HtmlWriter html, in LogScale scale, BucketDistribution durations, string run, double top, double floor, bool above)
    {
        if (durations.Count == 0)
        {
            return;
        }

        // The two labels stand to the left and to the right of their lines, away from each other as a rule, and one above the other.
        var value = durations.Quantile(Comparison.MedianShare);
        var x = scale.At(value);
        var isEnd = x > scale.Start + (scale.Length / 2);
        var y = above ? top - 6 : top + 6;
        html.Write($"<path class=\"over {(above ? "guest" : "host")}\" d=\"M{x} {(above ? top - 3 : top + 9)}V{floor + 3}\"/>");
        html.Write($"<text class=\"mark{(isEnd ? " end" : "")}\" x=\"{(isEnd ? x - 3 : x + 3)}\" y=\"{y}\">{run} p50 {Units.Duration(value)}</text>\n");
    }

    private static double[] Shares(in LogScale scale, BucketDistribution durations) =>
        [.. scale.Bin(durations.Buckets, BinsPerDecade).Select(count => count / (double)Math.Max(1, durations.Count))];

    private static string Describe(BucketDistribution durations) => durations.Count == 0
        ? "none"
        : $"{Units.Count(durations.Count)} in all, p50 {Units.Duration(durations.Quantile(Comparison.MedianShare))}, p99 {Units.Duration(durations.Quantile(Comparison.TailShare))}";

    private static string Shortened(string name) => name.Length <= 22 ? name : $"{name[..10]}…{name[^11..]}";
}
