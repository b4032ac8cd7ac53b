namespace KvmActors.Host.Compare;

/// <summary>Durations as results have them: how many fell into each bucket. Never changes.</summary>
internal sealed class BucketDistribution
{
    private readonly double[] _nanoseconds;
    private readonly long[] _upTo;

    /// <summary>Makes one.</summary>
    /// <param name="buckets">The middle of each bucket in nanoseconds, ascending, and how many durations are in it, at least 1.</param>
    public BucketDistribution(IReadOnlyList<(double Nanoseconds, long Count)> buckets)
    {
        Buckets = buckets;
        _nanoseconds = [.. buckets.Select(bucket => bucket.Nanoseconds)];
        _upTo = new long[buckets.Count];
        long sum = 0;
        foreach (var (index, bucket) in buckets.Index())
        {
            _upTo[index] = sum += bucket.Count;
        }

        Count = sum;
    }

    /// <summary>None.</summary>
    public static BucketDistribution Empty { get; } = new([]);

    /// <summary>The buckets.</summary>
    public IReadOnlyList<(double Nanoseconds, long Count)> Buckets { get; }

    /// <summary>How many durations there are.</summary>
    public long Count { get; }

    /// <summary>Makes one of single durations.</summary>
    /// <param name="nanoseconds">The durations, in any order.</param>
    public static BucketDistribution Of(IEnumerable<double> nanoseconds) =>
        new([.. nanoseconds.GroupBy(value => value).OrderBy(group => group.Key).Select(group => (group.Key, (long)group.Count()))]);

    /// <summary>The duration of a rank, in nanoseconds.</summary>
    /// <param name="rank">From 1, the shortest, to <see cref="Count"/>.</param>
    public double AtRank(long rank)
    {
        var index = Array.BinarySearch(_upTo, rank);
        return _nanoseconds[index >= 0 ? index : ~index];
    }

    /// <summary>The rank below which a share of all durations lies.</summary>
    /// <param name="share">From 0 to 1.</param>
    public long RankOf(double share) => Math.Clamp((long)Math.Ceiling(share * Count), 1, Math.Max(1, Count));

    /// <summary>The duration that a share of all does not exceed, in nanoseconds; 0 when there are none.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double Quantile(double share) => Count == 0 ? 0 : AtRank(RankOf(share));
}
