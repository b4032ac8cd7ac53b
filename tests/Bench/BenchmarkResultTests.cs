using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Tests;

public sealed class BenchmarkResultTests
{
    [Fact]
    public void MeetsBar_WithReference_JudgesTheMedianOfThePairsRatios()
    {
        // The medians' ratio would be 1.
        var result = Result([10, 20, 30], [30, 20, 60], new Bar(2));

        Assert.Equal([3, 1, 2], result.Ratios);
        Assert.Equal((2.0, true), (result.Spread.Median, result.MeetsBar));
        Assert.False(Result([10, 20, 30], [30, 20, 63], new Bar(2)).MeetsBar);
    }

    [Fact]
    public void MeetsBar_WithoutReference_JudgesTheFigure()
    {
        Assert.True(Result([], [299, 301, 300], new Bar(300)).MeetsBar);
        Assert.False(Result([], [299, 301, 301], new Bar(300)).MeetsBar);
    }

    [Fact]
    public void MeetsBar_Minimum_IsMissedBelow()
    {
        Assert.True(Result([1], [8], new Bar(8, IsMinimum: true)).MeetsBar);
        Assert.False(Result([1], [7.9], new Bar(8, IsMinimum: true)).MeetsBar);
    }

    [Fact]
    public void MeetsBar_NoBar_IsNull() => Assert.Null(Result([1], [2], bar: null).MeetsBar);

    [Fact]
    public async Task RunAsync_Pairs_TakesTurnsAfterTheWarmUp()
    {
        var order = new List<char>();
        var benchmark = new Benchmark("name", "description", "unit", () => Add('B')) { Reference = () => Add('A'), WarmUps = 2 };

        var result = await PairRunner.RunAsync(benchmark, pairs: 2);

        Assert.Equal("BBABAB", string.Concat(order));
        Assert.Equal([3.0, 5.0], result.Reference);
        Assert.Equal([4.0, 6.0], result.Measured);

        Task<double> Add(char side)
        {
            order.Add(side);
            return Task.FromResult((double)order.Count);
        }
    }

    private static BenchmarkResult Result(double[] reference, double[] measured, Bar? bar) =>
        new(new Benchmark("name", "description", "unit", () => Task.FromResult(0.0)) { Bar = bar }, reference, measured);
}
