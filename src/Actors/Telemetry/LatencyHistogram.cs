using System.Numerics;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// Counts durations in log-linear buckets: 64 to each power of two, so that a bucket's middle is within 0.8 % of everything in
/// it. Covers 0 to about 137 s in nanoseconds; longer ones count as the longest. One writer; not allocating.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int MaxBits = 37;
    private const long MaxNanoseconds = (1L << MaxBits) - 1;

    private readonly uint[] _counts = new uint[(MaxBits - SubBucketBits + 1) * SubBuckets];

    /// <summary>How many durations were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly, in nanoseconds.</summary>
    public long MaxNanosecondsSeen { get; private set; }

    /// <summary>Records one duration.</summary>
    /// <param name="nanoseconds">Below 0 counts as 0.</param>
    public void Record(long nanoseconds)
    {
        _counts[IndexOf(nanoseconds)]++;
        Count++;
        MaxNanosecondsSeen = Math.Max(MaxNanosecondsSeen, nanoseconds);
    }

    /// <summary>Adds another histogram's counts to this one's.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var index = 0; index < _counts.Length; index++)
        {
            _counts[index] += other._counts[index];
        }

        Count += other.Count;
        MaxNanosecondsSeen = Math.Max(MaxNanosecondsSeen, other.MaxNanosecondsSeen);
    }

    /// <summary>The duration that a share of all durations does not exceed, in nanoseconds; 0 when there are none.</summary>
    /// <param name="share">From 0 to 1, for example 0.99.</param>
    public double Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        foreach (var (nanoseconds, count) in Buckets())
        {
            seen += count;
            if (seen >= rank)
            {
                return Math.Min(nanoseconds, MaxNanosecondsSeen);
            }
        }

        return 0;
    }

    /// <summary>The middle of each bucket that is not empty, in nanoseconds and ascending, with its count.</summary>
    public IEnumerable<(double Nanoseconds, long Count)> Buckets()
    {
        for (var index = 0; index < _counts.Length; index++)
        {
            if (_counts[index] > 0)
            {
                yield return (MiddleOf(index), _counts[index]);
            }
        }
    }

    // The first 128 buckets hold one nanosecond each; from there on, the position of the top bit picks the row and the six
    // bits below it the bucket.
    private static int IndexOf(long nanoseconds)
    {
        var value = (ulong)Math.Clamp(nanoseconds, 0, MaxNanoseconds);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static double MiddleOf(int index)
    {
        var shift = Math.Max(0, (index >> SubBucketBits) - 1);
        var lowest = (long)(index - (shift << SubBucketBits)) << shift;
        return lowest + (((1L << shift) - 1) / 2.0);
    }
}
