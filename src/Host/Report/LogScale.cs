namespace KvmActors.Host.Report;

/// <summary>A logarithmic axis of durations.</summary>
/// <param name="Lowest">The duration at its beginning, in nanoseconds, a power of ten.</param>
/// <param name="Highest">The duration at its end, in nanoseconds, a power of ten.</param>
/// <param name="Start">The beginning, in the drawing's units.</param>
/// <param name="Length">From beginning to end, in the drawing's units.</param>
internal readonly record struct LogScale(double Lowest, double Highest, double Start, double Length)
{
    private const double LabelWidth = 42, NarrowLength = 500;

    /// <summary>Makes an axis that covers durations.</summary>
    public static LogScale Covering(double shortest, double longest, double start, double length)
    {
        var lowest = Math.Floor(Math.Log10(Math.Clamp(shortest, 10, 1e12)));
        var highest = Math.Max(lowest + 1, Math.Ceiling(Math.Log10(Math.Clamp(longest, 10, 1e12))));
        return new LogScale(Math.Pow(10, lowest), Math.Pow(10, highest), start, length);
    }

    /// <summary>How many powers of ten it covers.</summary>
    public int Decades => (int)Math.Round(Math.Log10(Highest / Lowest));

    /// <summary>The powers of ten on it, in nanoseconds.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            var lowest = Lowest;
            return Enumerable.Range(0, Decades + 1).Select(decade => lowest * Math.Pow(10, decade));
        }
    }

    /// <summary>Where a duration is.</summary>
    public double At(double nanoseconds) =>
        Start + (Length * (Math.Log10(Math.Clamp(nanoseconds, Lowest, Highest)) - Math.Log10(Lowest)) / Decades);

    /// <summary>Counts durations in bins of equal width on the axis.</summary>
    /// <param name="buckets">The durations, in nanoseconds, and how many there are of each.</param>
    /// <param name="binsPerDecade">Bins to each power of ten.</param>
    public long[] Bin(IEnumerable<(double Nanoseconds, long Count)> buckets, int binsPerDecade)
    {
        var bins = new long[Decades * binsPerDecade];
        foreach (var (nanoseconds, count) in buckets)
        {
            var bin = (int)(Math.Log10(Math.Max(1, nanoseconds) / Lowest) * binsPerDecade);
            bins[Math.Clamp(bin, 0, bins.Length - 1)] += count;
        }

        return bins;
    }

    /// <summary>Writes its lines, from the top to the bottom of a drawing, and their labels: all of them, or every other one where they would touch.</summary>
    public void WriteTicks(HtmlWriter html, double bottom)
    {
        var step = Length / Decades < LabelWidth ? 2 : 1;
        foreach (var (index, tick) in Ticks.Index())
        {
            html.Write($"<path class=\"grid\" d=\"M{At(tick)} 0V{bottom}\"/>");
            if (index % step == 0)
            {
                // Those at the ends would stick out of a narrow drawing.
                var anchor = Length >= NarrowLength ? "mid" : index == Decades ? "end" : index == 0 ? "" : "mid";
                html.Write($"<text class=\"{anchor}\" x=\"{At(tick)}\" y=\"{bottom + 15}\">{Label(tick)}</text>");
            }

            html.Markup("\n");
        }
    }

    /// <summary>A tick's label.</summary>
    public static string Label(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => $"{nanoseconds:0} ns",
        < 1e6 => $"{nanoseconds / 1e3:0} µs",
        < 1e9 => $"{nanoseconds / 1e6:0} ms",
        _ => $"{nanoseconds / 1e9:0} s",
    };
}
