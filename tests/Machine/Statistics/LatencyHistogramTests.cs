using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Tests.Statistics;

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
    public void Record_AnythingWithSpareRows_AllocatesNothing()
    {
        var spares = new HistogramRows(40);
        spares.Refill();
        var histogram = new LatencyHistogram(spares);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var value = 1L; value > 0; value <<= 1)
        {
            histogram.Record(value);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Record_NoSpareRowLeft_CountsAllTheSame()
    {
        var spares = new HistogramRows(2);
        spares.Refill();
        var histogram = new LatencyHistogram(spares);

        for (var value = 1L; value > 0; value <<= 1)
        {
            histogram.Record(value);
        }

        Assert.Equal((63L, 63L), (histogram.Count, histogram.Buckets().Sum(bucket => bucket.Count)));
    }

    [Fact]
    public void MeanNanoseconds_AnyDurations_IsExact() => Prop.ForAll(Durations.ToArbitrary(), durations =>
        Recorded(durations).MeanNanoseconds is var mean
        && Math.Abs(mean - (durations.Length == 0 ? 0 : durations.Average())) <= mean * 1e-9).QuickCheckThrowOnFailure();

    [Fact]
    public void MeanNanoseconds_LongerThanCovered_CountsThemAsTheyAre() =>
        Assert.Equal(Longest * 4.0, Recorded([Longest * 4]).MeanNanoseconds);

    [Fact]
    public void RelativeError_Promised_IsBelowOnePercent() => Assert.InRange(LatencyHistogram.RelativeError, 0, 0.01);

    [Fact]
    public async Task Snapshot_WhileAnotherThreadRecords_IsWholeAndNeverGoesBack()
    {
        var histogram = new LatencyHistogram();
        using var done = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(1);
            var written = 0L;
            for (; !done.IsCancellationRequested || written < 1000; written++)
            {
                histogram.Record((long)Math.Exp(random.NextDouble() * 25));
            }

            return written;
        });

        var last = 0L;
        for (var round = 0; round < 200; round++)
        {
            var copy = histogram.Snapshot();
            Assert.Equal(copy.Count, copy.Buckets().Sum(bucket => bucket.Count));
            Assert.InRange(copy.Count, last, long.MaxValue);
            var percentiles = Shares.Select(copy.Percentile).ToList();
            Assert.Equal(percentiles.Order(), percentiles);
            Assert.True(percentiles[0] >= 0 && percentiles[^1] <= copy.MaxNanosecondsSeen);
            last = copy.Count;

            // Straight from the one that changes, too.
            Assert.InRange(histogram.Percentile(0.5), 0, histogram.MaxNanosecondsSeen);
        }

        await done.CancelAsync();
        Assert.Equal(await writer, histogram.Count);
    }

    [Fact]
    public void Add_MoreThan32BitsOfOneBucket_IsCounted()
    {
        var histogram = Recorded([1000]);
        for (var doubling = 0; doubling < 40; doubling++)
        {
            histogram.Add(histogram.Snapshot());
        }

        Assert.Equal((1L << 40, 1L << 40), (histogram.Count, Assert.Single(histogram.Buckets()).Count));
        Assert.Equal(1000, histogram.MeanNanoseconds);
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
