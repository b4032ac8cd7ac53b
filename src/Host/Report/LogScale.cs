namespace KvmActors.Host.Report;

/// <summary>A logarithmic axis of durations.</summary>
/// <param name="Lowest">The duration at its beginning, in nanoseconds, a power of ten.</param>
/// <param name="Highest">The duration at its end, in nanoseconds, a power of ten.</param>
/// <param name="Start">The beginning, in the drawing's units.</param>
/// <param name="Length">From beginning to end, in the drawing's units.</param>
internal readonly record struct LogScale(double Lowest, double Highest, double Start, double Length)
{
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

    /// <summary>A tick's label.</summary>
    public static string Label(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => $"{nanoseconds:0} ns",
        < 1e6 => $"{nanoseconds / 1e3:0} µs",
        < 1e9 => $"{nanoseconds / 1e6:0} ms",
        _ => $"{nanoseconds / 1e9:0} s",
    };
}
