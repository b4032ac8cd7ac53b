namespace KvmActors.Host.Report;

/// <summary>A linear axis of time since the scenario's start.</summary>
/// <param name="Whole">The time at its end.</param>
/// <param name="Start">The beginning, in the drawing's units.</param>
/// <param name="Length">From beginning to end, in the drawing's units.</param>
internal readonly record struct TimeScale(TimeSpan Whole, double Start, double Length)
{
    private const int WantedTicks = 8;

    /// <summary>Round times on it, the start among them.</summary>
    public IEnumerable<TimeSpan> Ticks
    {
        get
        {
            var rough = Math.Max(1, Whole.TotalNanoseconds) / WantedTicks;
            var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            var step = power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
            var count = (int)(Whole.TotalNanoseconds / step);
            return Enumerable.Range(0, count + 1).Select(index => TimeSpan.FromMicroseconds(index * step / 1000));
        }
    }

    /// <summary>Where a time is.</summary>
    public double At(TimeSpan time) => Start + (Length * Math.Clamp(time / Whole, 0, 1));

    /// <summary>A tick's label.</summary>
    public string Label(TimeSpan time) => time == TimeSpan.Zero ? "0" : Whole.TotalSeconds switch
    {
        < 0.002 => FormattableString.Invariant($"{time.TotalMicroseconds:0.##} µs"),
        < 2 => FormattableString.Invariant($"{time.TotalMilliseconds:0.##} ms"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0.##} s"),
    };
}
