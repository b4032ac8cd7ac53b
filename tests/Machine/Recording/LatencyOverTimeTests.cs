using System.Diagnostics;
using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public sealed class LatencyOverTimeTests
{
    private const long Origin = 1_000_000;

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(0, 0)]
    [InlineData(255, 0)]
    [InlineData(256, 1)]
    [InlineData(511, 1)]
    [InlineData(512, 2)]
    [InlineData(1 << 20, 13)]
    [InlineData((1L << 30) - 1, 22)]
    [InlineData(1L << 30, 23)]
    [InlineData(long.MaxValue / 2, 23)]
    public void Record_Latency_CountsInItsBand(long nanoseconds, int band)
    {
        var map = new LatencyOverTime(Origin);

        map.Record(Origin, (long)(nanoseconds * (Stopwatch.Frequency / 1e9)));

        Assert.Equal(1, map[0, band]);
        Assert.Equal(1, Total(map));
        Assert.True(LatencyOverTime.BandStart(band) <= Math.Max(0, nanoseconds));
    }

    [Fact]
    public void Record_BeforeTheStart_CountsAtTheStart()
    {
        var map = new LatencyOverTime(Origin);

        map.Record(0, 1);

        Assert.Equal(1, map[0, 0]);
    }

    [Fact]
    public void Record_PastTheLastColumn_MakesColumnsWiderAndKeepsAll()
    {
        var map = new LatencyOverTime(Origin);
        var width = map.StartOf(1);
        for (var column = 0; column < LatencyOverTime.Columns; column++)
        {
            map.Record(Inside(map, column), column);
        }

        Assert.Equal((width, LatencyOverTime.Columns), (map.StartOf(1), map.UsedColumns));

        map.Record(Inside(map, LatencyOverTime.Columns), 0);

        Assert.Equal(width.TotalMicroseconds * 2, map.StartOf(1).TotalMicroseconds, tolerance: 0.2);
        Assert.Equal((LatencyOverTime.Columns / 2) + 1, map.UsedColumns);
        Assert.All(Enumerable.Range(0, LatencyOverTime.Columns / 2), column => Assert.Equal(2, map[column, 0]));
        Assert.Equal(LatencyOverTime.Columns + 1, Total(map));
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(1000, 1)]
    [InlineData(77, 77)]
    public void Add_MapOfAnotherWidth_IsAsIfOneHadCountedAll(long oneSpan, long otherSpan)
    {
        var (one, other, both) = (new LatencyOverTime(Origin), new LatencyOverTime(Origin), new LatencyOverTime(Origin));
        var random = new Random(7);
        for (var exit = 0; exit < 500; exit++)
        {
            Record(one, oneSpan);
            Record(other, otherSpan);
        }

        one.Add(other);

        Assert.Equal(both.StartOf(1), one.StartOf(1));
        for (var column = 0; column < LatencyOverTime.Columns; column++)
        {
            for (var band = 0; band < LatencyOverTime.Bands; band++)
            {
                Assert.Equal(both[column, band], one[column, band]);
            }
        }

        void Record(LatencyOverTime map, long span)
        {
            var (time, latency) = (Origin + random.NextInt64(span * Stopwatch.Frequency / 100), random.NextInt64(1_000_000));
            map.Record(time, latency);
            both.Record(time, latency);
        }
    }

    [Fact]
    public void Record_AYearLater_StillFits()
    {
        var map = new LatencyOverTime(Origin);

        map.Record(Origin + (Stopwatch.Frequency * 60 * 60 * 24 * 365), 1);

        Assert.InRange(map.UsedColumns, 1, LatencyOverTime.Columns);
        Assert.Equal(1, Total(map));
    }

    private static long Inside(LatencyOverTime map, int column) =>
        Origin + (long)((map.StartOf(column).TotalSeconds + 1e-5) * Stopwatch.Frequency);

    private static long Total(LatencyOverTime map) => (
        from column in Enumerable.Range(0, LatencyOverTime.Columns)
        from band in Enumerable.Range(0, LatencyOverTime.Bands)
        select map[column, band]).Sum();
}
