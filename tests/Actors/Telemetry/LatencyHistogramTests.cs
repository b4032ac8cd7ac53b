using FsCheck;
using FsCheck.Fluent;
using KvmActors.Actors.Telemetry;

namespace KvmActors.Actors.Tests.Telemetry;

public class LatencyHistogramTests
{
    private const long Longest = (1L << 37) - 1;

    private static readonly double[] Shares = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

    // As many short durations as long ones: every power of two alike.
    private static readonly Gen<long[]> Durations = Gen.ArrayOf(
        from bits in Gen.Choose(0, 37)
        from value in ArbMap.Default.ArbFor<ulong>().Generator
        select (long)(value & ((1UL << bits) - 1)));

    [Fact]
    public void Percentile_AnyDurations_IsWithinOnePercentOfTheSortedOnes() =>
        Prop.ForAll(Durations.ToArbitrary(), AgreesWithSorting).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(400));

    [Fact]
    public void Percentile_ManyDurations_IsWithinOnePercentOfTheSortedOnes()
    {
        var random = new Random(1);
        Assert.True(AgreesWithSorting([.. Enumerable.Range(0, 100_000).Select(_ => (long)Math.Exp(random.NextDouble() * 25))]));
    }

    [Fact]
    public void Add_TwoHistograms_IsAsIfAllWereRecordedInOne() => Prop.ForAll(Durations.ToArbitrary(), Durations.ToArbitrary(), (left, right) =>
    {
        var (sum, both) = (Recorded(left), Recorded([.. left, .. right]));
        sum.Add(Recorded(right));
        return sum.Count == both.Count && sum.MaxNanosecondsSeen == both.MaxNanosecondsSeen && sum.Buckets().SequenceEqual(both.Buckets());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Buckets_AnyDurations_AreAscendingAndCountThemAll() => Prop.ForAll(Durations.ToArbitrary(), durations =>
    {
        var buckets = Recorded(durations).Buckets().ToList();
        return buckets.Sum(bucket => bucket.Count) == durations.Length
            && buckets.Zip(buckets.Skip(1)).All(pair => pair.First.Nanoseconds < pair.Second.Nanoseconds);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Percentile_NothingRecorded_IsZero()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal((0L, 0L, 0.0, 0.0), (histogram.Count, histogram.MaxNanosecondsSeen, histogram.Percentile(0.5), histogram.Percentile(1)));
        Assert.Empty(histogram.Buckets());
    }

    [Fact]
    public void Record_BelowZero_CountsAsZero()
    {
        var histogram = Recorded([-5, long.MinValue]);

        Assert.Equal((2L, 0L, 0.0), (histogram.Count, histogram.MaxNanosecondsSeen, histogram.Percentile(1)));
    }

    [Theory]
    [InlineData(Longest + 1)]
    [InlineData(long.MaxValue)]
    public void Record_LongerThanCovered_CountsAsTheLongestButIsTheExactMaximum(long nanoseconds)
    {
        var histogram = Recorded([nanoseconds]);

        Assert.Equal((1L, nanoseconds), (histogram.Count, histogram.MaxNanosecondsSeen));
        Assert.InRange(histogram.Percentile(1), Longest * 0.99, Longest * 1.01);
    }

    [Fact]
    public void Record_Anything_AllocatesNothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var value = 1L; value > 0; value <<= 1)
        {
            histogram.Record(value);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static LatencyHistogram Recorded(IEnumerable<long> durations)
    {
        var histogram = new LatencyHistogram();
        foreach (var duration in durations)
        {
            histogram.Record(duration);
        }

        return histogram;
    }

    private static bool AgreesWithSorting(long[] durations)
    {
        var histogram = Recorded(durations);
        var sorted = durations.Order().ToArray();
        return histogram.Count == sorted.Length
            && histogram.MaxNanosecondsSeen == (sorted.Length == 0 ? 0 : sorted[^1])
            && (sorted.Length == 0 || Shares.All(share =>
            {
                var expected = sorted[Math.Max(1, (int)Math.Ceiling(share * sorted.Length)) - 1];
                return Math.Abs(histogram.Percentile(share) - expected) <= expected / 100.0;
            }));
    }
}
