using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Tests;

public sealed class SpreadTests
{
    [Fact]
    public void Of_OneValue_IsThatValue() => Assert.Equal(new Spread(7, 7, 7, 7, 7), Spread.Of([7]));

    [Fact]
    public void Of_AnyOrder_InterpolatesBetweenNeighbours()
    {
        var spread = Spread.Of([4, 1, 3, 2]);

        Assert.Equal((1.75, 2.5, 3.25), (spread.LowerQuartile, spread.Median, spread.UpperQuartile));
    }

    // The 6th and the 15th of 20: between them lies the median with 95.9 % (binomial with p = 1/2).
    [Fact]
    public void Of_TwentyValues_TakesTheSixthAndTheFifteenth()
    {
        var spread = Spread.Of([.. Enumerable.Range(1, 20).Select(value => (double)value)]);

        Assert.Equal((6, 15), (spread.Low, spread.High));
    }

    [Fact]
    public void Of_FewValues_TakesTheirRange()
    {
        var spread = Spread.Of([5, 1, 3]);

        Assert.Equal((1, 5), (spread.Low, spread.High));
    }
}
