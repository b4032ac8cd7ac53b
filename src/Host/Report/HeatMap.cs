using KvmActors.Machine.Recording;

namespace KvmActors.Host.Report;

/// <summary>When exits happened and how long the host took: a cell is the darker (or, on a dark screen, brighter) the more there were.</summary>
internal static class HeatMap
{
    private const double Width = 1040, Left = 64, Right = 20, RowHeight = 17, TopRoom = 8;
    private const int Levels = 7, LeastRows = 6;

    /// <summary>Writes the section; nothing without exits.</summary>
    public static void Write(HtmlWriter html, LatencyOverTime latencies)
    {
        var columns = latencies.UsedColumns;
        if (columns == 0)
        {
            return;
        }

        var cells = (
            from column in Enumerable.Range(0, columns)
            from band in Enumerable.Range(0, LatencyOverTime.Bands)
            where latencies[column, band] > 0
            select (Column: column, Band: band, Count: latencies[column, band])).ToList();
        var most = cells.Max(cell => cell.Count);
        var lowest = cells.Min(cell => cell.Band);
        var rows = Math.Max(LeastRows, cells.Max(cell => cell.Band) - lowest + 1);
        lowest = Math.Min(lowest, LatencyOverTime.Bands - rows);
        var height = rows * RowHeight;
        var time = new TimeScale(latencies.StartOf(columns), Left, Width - Left - Right);

        html.Markup("<section><h2>Exit latency over time</h2>\n<p class=\"soft\">Each cell counts the exits of a stretch of time whose host side took so long; all VMs together.</p>\n");
        WriteLegend(html, most);
        html.Write($"<figure><svg viewBox=\"0 {-TopRoom} {Width} {height + TopRoom + 26}\" role=\"img\"><title>Exit latency over time</title>");
        html.Write($"<desc>Time runs to the right over {Units.Duration(time.Whole.TotalNanoseconds)}, the host's latency upwards. The fullest cell has {Units.Count(most)} exits.</desc>\n");
        WriteAxes(html, time, lowest, rows, height);
        foreach (var (column, band, count) in cells)
        {
            var (from, to) = (latencies.StartOf(column), latencies.StartOf(column + 1));
            var y = height - ((band - lowest + 1) * RowHeight);
            html.Write($"<rect class=\"c{LevelOf(count, most)}\" x=\"{time.At(from)}\" y=\"{y}\" width=\"{time.At(to) - time.At(from) - 1}\" height=\"{RowHeight - 1}\">");
            html.Write($"<title>{Units.Count(count)} × {BandName(band)}, at {time.Label(from)} – {time.Label(to)}</title></rect>\n");
        }

        html.Markup("</svg></figure></section>\n");
    }

    private static void WriteLegend(HtmlWriter html, long most)
    {
        if (most == 1)
        {
            html.Markup("<div class=\"legend\"><span><span class=\"key k5\"></span>one exit</span></div>\n");
            return;
        }

        html.Markup("<div class=\"legend\"><span class=\"ramp\">1 exit&nbsp;");
        for (var level = 1; level <= Levels; level++)
        {
            html.Write($"<span class=\"key k{level}\"></span>");
        }

        html.Write($"&nbsp;{Units.Count(most)}</span><span>each step multiplies</span></div>\n");
    }

    private static void WriteAxes(HtmlWriter html, in TimeScale time, int lowest, int rows, double height)
    {
        // The bands are powers of two, but people think in powers of ten.
        for (var decade = 1e3; decade <= 1e9; decade *= 10)
        {
            var row = Math.Log2(decade / LatencyOverTime.BandStart(1)) + 1 - lowest;
            if (row >= -0.1 && row <= rows + 0.1)
            {
                var y = height - (row * RowHeight);
                html.Write($"<path class=\"grid\" d=\"M{Left} {y}H{Width - Right}\"/><text class=\"end\" x=\"{Left - 8}\" y=\"{y + 4}\">{LogScale.Label(decade)}</text>\n");
            }
        }

        html.Write($"<path class=\"axis\" d=\"M{Left} {height}H{Width - Right}\"/>\n");

        foreach (var tick in time.Ticks)
        {
            html.Write($"<path class=\"axis\" d=\"M{time.At(tick)} {height}v5\"/><text class=\"mid\" x=\"{time.At(tick)}\" y=\"{height + 18}\">{time.Label(tick)}</text>\n");
        }
    }

    private static int LevelOf(long count, long most) =>
        most <= 1 ? Levels - 2 : 1 + (int)Math.Round((Levels - 1) * Math.Log(count) / Math.Log(most));

    private static string BandName(int band) => band == 0 ? $"under {Units.Duration(LatencyOverTime.BandStart(1))}"
        : band == LatencyOverTime.Bands - 1 ? $"{Units.Duration(LatencyOverTime.BandStart(band))} and longer"
        : $"{Units.Duration(LatencyOverTime.BandStart(band))} – {Units.Duration(LatencyOverTime.BandStart(band + 1))}";
}
