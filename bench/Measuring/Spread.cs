namespace KvmActors.Bench.Measuring;

/// <summary>The middle of some figures and how far they lie apart.</summary>
/// <param name="Median">The median.</param>
/// <param name="LowerQuartile">A quarter is less.</param>
/// <param name="UpperQuartile">A quarter is more.</param>
/// <param name="Low">Where the 95 % interval of the median begins.</param>
/// <param name="High">Where it ends.</param>
internal sealed record Spread(double Median, double LowerQuartile, double UpperQuartile, double Low, double High)
{
    /// <summary>
    /// Describes figures. The interval is by order statistics, so it assumes nothing about their distribution: the number of
    /// figures below the median is binomial. Below six figures it cannot be had, and is their whole range.
    /// </summary>
    /// <param name="values">At least one.</param>
    public static Spread Of(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        var skipped = Math.Max(0, (int)Math.Floor((sorted.Length - (1.96 * Math.Sqrt(sorted.Length))) / 2));
        return new Spread(Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75), sorted[skipped], sorted[^(skipped + 1)]);
    }

    private static double Quantile(double[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
