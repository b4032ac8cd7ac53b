using System.Numerics;

namespace KvmActors.Machine.Statistics;

/// <summary>
/// Counts durations in log-linear buckets: 64 to each power of two, so that a bucket's middle is within 0.8 % of everything in
/// it. Covers 0 to about 137 s in nanoseconds; longer ones count as the longest. At most 17 KiB; a power of two takes room once
/// it occurs. One writer; any thread may read meanwhile and gets what had been recorded at some moment of its reading.
/// </summary>
/// <param name="spares">Where rows come from; null to make each when it is needed.</param>
public sealed class LatencyHistogram(HistogramRows? spares = null)
{
    /// <summary>The most by which a percentile differs from the duration it stands for, as a share of it.</summary>
    public const double RelativeError = 0.5 / SubBuckets;

    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int MaxBits = 37;
    private const long MaxNanoseconds = (1L << MaxBits) - 1;

    // A duration counts no more than this, 104 days, in the sum, which so never overflows.
    private const long MaxSummand = 1L << 53;

    private readonly long[]?[] _rows = new long[MaxBits - SubBucketBits + 1][];
    private long _count;
    private long _sum;
    private long _max;

    /// <summary>How many durations were recorded.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The longest, exactly, in nanoseconds.</summary>
    public long MaxNanosecondsSeen => Volatile.Read(ref _max);

    /// <summary>All durations together, exactly, in nanoseconds.</summary>
    public long SumNanoseconds => Volatile.Read(ref _sum);

    /// <summary>The mean, exactly, in nanoseconds; 0 when there are none.</summary>
    public double MeanNanoseconds => Count is > 0 and var count ? (double)SumNanoseconds / count : 0;

    /// <summary>Records one duration.</summary>
    /// <param name="nanoseconds">Below 0 counts as 0.</param>
    public void Record(long nanoseconds)
    {
        var value = Math.Max(0, nanoseconds);
        var index = IndexOf(value);
        var row = _rows[index >> SubBucketBits] ?? AddRow(index >> SubBucketBits);

        // The bucket comes last: a reader that sees it counted sees a maximum that covers it.
        if (value > _max)
        {
            Volatile.Write(ref _max, value);
        }

        Volatile.Write(ref _sum, _sum + Math.Min(value, MaxSummand));
        Volatile.Write(ref _count, _count + 1);
        ref var bucket = ref row[index & (SubBuckets - 1)];
        Volatile.Write(ref bucket, bucket + 1);
    }

    /// <summary>Adds another histogram's counts to this one's. The other's writer may go on meanwhile.</summary>
    public void Add(LatencyHistogram other)
    {
        var sum = other.SumNanoseconds;
        long count = 0;
        for (var row = 0; row < _rows.Length; row++)
        {
            if (Volatile.Read(ref other._rows[row]) is not { } theirs)
            {
                continue;
            }

            var ours = _rows[row] ?? AddRow(row);
            for (var index = 0; index < SubBuckets; index++)
            {
                var more = Volatile.Read(ref theirs[index]);
                count += more;
                Volatile.Write(ref ours[index], ours[index] + more);
            }
        }

        Volatile.Write(ref _max, Math.Max(_max, other.MaxNanosecondsSeen));
        Volatile.Write(ref _sum, _sum + sum);
        Volatile.Write(ref _count, _count + count);
    }

    /// <summary>Takes away what another histogram counted, an earlier snapshot of the same or a part of it. The longest stays.</summary>
    public void Subtract(LatencyHistogram part)
    {
        for (var row = 0; row < _rows.Length; row++)
        {
            if (_rows[row] is { } ours && Volatile.Read(ref part._rows[row]) is { } theirs)
            {
                for (var index = 0; index < SubBuckets; index++)
                {
                    Volatile.Write(ref ours[index], ours[index] - Volatile.Read(ref theirs[index]));
                }
            }
        }

        Volatile.Write(ref _sum, _sum - part.SumNanoseconds);
        Volatile.Write(ref _count, _count - part.Count);
    }

    /// <summary>A copy, which nobody writes to. The writer may go on meanwhile.</summary>
    public LatencyHistogram Snapshot()
    {
        var copy = new LatencyHistogram();
        copy.Add(this);
        return copy;
    }

    /// <summary>The duration that a share of all durations does not exceed, in nanoseconds; 0 when there are none.</summary>
    /// <param name="share">From 0 to 1, for example 0.99.</param>
    public double Percentile(double share)
    {
        // The buckets' own sum: while somebody records, the count is not yet or no longer theirs.
        long total = 0;
        foreach (var (_, count) in Buckets())
        {
            total += count;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(share * total));
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
        for (var row = 0; row < _rows.Length; row++)
        {
            if (Volatile.Read(ref _rows[row]) is not { } counts)
            {
                continue;
            }

            for (var index = 0; index < SubBuckets; index++)
            {
                if (Volatile.Read(ref counts[index]) is > 0 and var count)
                {
                    yield return (MiddleOf((row << SubBucketBits) + index), count);
                }
            }
        }
    }

    // The first 128 buckets hold one nanosecond each; from there on, the position of the top bit picks the row and the six
    // bits below it the bucket.
    private static int IndexOf(long nanoseconds)
    {
        var value = (ulong)Math.Min(nanoseconds, MaxNanoseconds);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static double MiddleOf(int index)
    {
        var shift = Math.Max(0, (index >> SubBucketBits) - 1);
        var lowest = (long)(index - (shift << SubBucketBits)) << shift;
        return lowest + (((1L << shift) - 1) / 2.0);
    }

    private long[] AddRow(int row)
    {
        var counts = spares?.Take() ?? new long[SubBuckets];
        Volatile.Write(ref _rows[row], counts);
        return counts;
    }
}
