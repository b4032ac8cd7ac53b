using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Compare;

/// <summary>What is said of one row.</summary>
internal enum CompareVerdict
{
    /// <summary>No difference that is more than noise.</summary>
    Same,

    /// <summary>The second run's durations are longer.</summary>
    Slower,

    /// <summary>They are shorter.</summary>
    Faster,

    /// <summary>As a rule shorter and at worst longer, or the other way round.</summary>
    Mixed,

    /// <summary>There are too few to tell.</summary>
    TooFew,

    /// <summary>Only the first run has it.</summary>
    Gone,

    /// <summary>Only the second run has it.</summary>
    New,
}

/// <summary>One thing that both runs, or one of them, measured.</summary>
/// <param name="Group">Its kind: <c>Exits</c>, <c>Hypercalls</c>, <c>VMs</c>, <c>Instances</c>.</param>
/// <param name="Name">What it is.</param>
/// <param name="First">The first run's durations.</param>
/// <param name="Second">The second run's.</param>
internal sealed record ComparedRow(string Group, string Name, BucketDistribution First, BucketDistribution Second)
{
    /// <summary>The ratio of the medians; null when there are too few.</summary>
    public RatioEstimate? Median { get; private init; }

    /// <summary>The ratio of the 99th percentiles; null when there are too few.</summary>
    public RatioEstimate? Tail { get; private init; }

    /// <summary>What is said of it.</summary>
    public CompareVerdict Verdict { get; private init; } = CompareVerdict.TooFew;

    /// <summary>Whether both runs have it.</summary>
    public bool IsInBoth => First.Count > 0 && Second.Count > 0;

    /// <summary>The row with its ratios and its verdict.</summary>
    /// <param name="risk">The probability on each side that a ratio lies outside its interval.</param>
    /// <param name="margin">Differences up to this share are noise, whatever the intervals say.</param>
    /// <param name="again">The same of further runs of what the first one was: what they differ by is noise, too.</param>
    public ComparedRow Judge(double risk, double margin, IReadOnlyList<BucketDistribution> again)
    {
        if (!IsInBoth)
        {
            return this with { Verdict = First.Count > 0 ? CompareVerdict.Gone : CompareVerdict.New };
        }

        var median = RatioEstimate.Of(First, Second, Comparison.MedianShare, risk);
        var tail = RatioEstimate.Of(First, Second, Comparison.TailShare, risk);
        List<(RatioEstimate Ratio, double Noise)> told = [];
        foreach (var (estimate, share) in ((RatioEstimate?, double)[])[(median, Comparison.MedianShare), (tail, Comparison.TailShare)])
        {
            if (estimate is not null)
            {
                told.Add((estimate, Math.Max(1 + margin, SpreadOf(share, again))));
            }
        }

        var (isSlower, isFaster) = (told.Exists(row => row.Ratio.Low > row.Noise), told.Exists(row => row.Ratio.High < 1 / row.Noise));
        return this with
        {
            Median = median,
            Tail = tail,
            Verdict = told.Count == 0 ? CompareVerdict.TooFew
                : (isSlower, isFaster) switch
                {
                    (true, true) => CompareVerdict.Mixed,
                    (true, false) => CompareVerdict.Slower,
                    (false, true) => CompareVerdict.Faster,
                    _ => CompareVerdict.Same,
                },
        };
    }

    // The largest ratio between any two runs of the same, and what buckets blur of two quantiles. Of one run there is none.
    private double SpreadOf(double share, IReadOnlyList<BucketDistribution> again)
    {
        if (again.Count == 0)
        {
            return 1;
        }

        List<BucketDistribution> same = [First, .. again];
        return (
            from one in same
            from other in same
            select RatioEstimate.RatioOf(one, other, share) ?? 1).Max() * (1 + (2 * LatencyHistogram.RelativeError));
    }
}
