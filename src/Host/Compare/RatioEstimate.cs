namespace KvmActors.Host.Compare;

/// <summary>How a quantile of one distribution relates to that of another.</summary>
/// <param name="Ratio">The second's divided by the first's.</param>
/// <param name="Low">Where the ratio may begin, with all that was compared beside it taken into account.</param>
/// <param name="High">Where it may end.</param>
internal sealed record RatioEstimate(double Ratio, double Low, double High)
{
    // A duration of 0 ns was shorter than the clock can tell.
    private const double Shortest = 0.5;

    /// <summary>
    /// Estimates it: each quantile's interval by <see cref="OrderRanks"/>, and that of their ratio out of the two, on a logarithmic scale,
    /// by the method of variance estimates recovery (Zou and Donner, Statistics in Medicine 27, 2008).
    /// </summary>
    /// <param name="first">The first distribution.</param>
    /// <param name="second">The second one.</param>
    /// <param name="share">The quantile, between 0 and 1.</param>
    /// <param name="risk">The probability on each side that the ratio lies outside.</param>
    /// <returns>Null when one has too few durations to tell.</returns>
    public static RatioEstimate? Of(BucketDistribution first, BucketDistribution second, double share, double risk)
    {
        if (OrderRanks.Find(first.Count, share, risk) is not { } ofFirst || OrderRanks.Find(second.Count, share, risk) is not { } ofSecond)
        {
            return null;
        }

        var (a, aLow, aHigh) = Logs(first, share, ofFirst);
        var (b, bLow, bHigh) = Logs(second, share, ofSecond);
        var (low, high) = (double.Hypot(b - bLow, aHigh - a), double.Hypot(bHigh - b, a - aLow));
        return new RatioEstimate(Math.Exp(b - a), Math.Exp(b - a - low), Math.Exp(b - a + high));
    }

    /// <summary>The ratio alone, of durations that are too few for an interval; null when one has none.</summary>
    public static double? RatioOf(BucketDistribution first, BucketDistribution second, double share) =>
        first.Count == 0 || second.Count == 0 ? null
        : Math.Max(Shortest, second.Quantile(share)) / Math.Max(Shortest, first.Quantile(share));

    private static (double Point, double Low, double High) Logs(BucketDistribution durations, double share, (long Low, long High) ranks) =>
        (Log(durations.Quantile(share)), Log(durations.AtRank(ranks.Low)), Log(durations.AtRank(ranks.High)));

    private static double Log(double nanoseconds) => Math.Log(Math.Max(Shortest, nanoseconds));
}
