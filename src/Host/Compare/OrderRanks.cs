namespace KvmActors.Host.Compare;

/// <summary>
/// Between which of its durations, in their order, a sample's true quantile lies. Whatever the distribution, the number of durations
/// below its quantile is binomial; so two ranks enclose the quantile with a known probability (David and Nagaraja, Order Statistics,
/// section 7.1).
/// </summary>
internal static class OrderRanks
{
    // Above this many the normal distribution is as good; summing would only take longer.
    private const long MostSummed = 200_000;

    /// <summary>Finds the ranks.</summary>
    /// <param name="count">How many durations there are.</param>
    /// <param name="share">The quantile, between 0 and 1.</param>
    /// <param name="risk">The probability on each side that it lies outside.</param>
    /// <returns>Two ranks, from 1 to the count; null when there are too few for such a small risk.</returns>
    public static (long Low, long High)? Find(long count, double share, double risk)
    {
        // The first or the last duration may have to enclose it.
        if (Math.Pow(1 - share, count) > risk || Math.Pow(share, count) > risk)
        {
            return null;
        }

        var low = LargestBelow(count, share, risk) + 1;

        // Counted from the other end it is the same question.
        var high = count - LargestBelow(count, 1 - share, risk);
        return (Math.Max(1, low), Math.Min(count, high));
    }

    // The largest k with P(X <= k) <= risk, X being binomial; at least 0, which Find has made sure of.
    private static long LargestBelow(long count, double share, double risk)
    {
        if (count > MostSummed)
        {
            var deviation = Math.Sqrt(count * share * (1 - share));
            return Math.Max(0, (long)Math.Floor((count * share) + (NormalQuantile(risk) * deviation) - 0.5));
        }

        // The probabilities' logarithms: of 0 successes, then of one more each time.
        var log = count * Math.Log(1 - share);
        var odds = Math.Log(share / (1 - share));
        double sum = 0;
        for (long k = 0; k < count; k++)
        {
            sum += Math.Exp(log);
            if (sum > risk)
            {
                return Math.Max(0, k - 1);
            }

            log += odds + Math.Log((count - k) / (double)(k + 1));
        }

        return count - 1;
    }

    /// <summary>The standard normal distribution's quantile, for a probability below a half; right to four digits (Abramowitz and Stegun, 26.2.23).</summary>
    public static double NormalQuantile(double probability)
    {
        var t = Math.Sqrt(-2 * Math.Log(probability));
        var numerator = 2.515517 + (t * (0.802853 + (t * 0.010328)));
        var denominator = 1 + (t * (1.432788 + (t * (0.189269 + (t * 0.001308)))));
        return (numerator / denominator) - t;
    }
}
