using KvmActors.Host.Compare;

namespace KvmActors.Host.Tests.Compare;

public sealed class OrderRanksTests
{
    /// <summary>Values from tables of distribution-free intervals: 95 % for the median of 20 is the 6th to the 15th.</summary>
    [Theory]
    [InlineData(20, 0.5, 0.025, 6, 15)]
    [InlineData(10, 0.5, 0.025, 2, 9)]
    [InlineData(6, 0.5, 0.025, 1, 6)]
    [InlineData(100, 0.5, 0.025, 40, 61)]
    public void Find_Median_IsAsInTables(long count, double share, double risk, long low, long high) =>
        Assert.Equal((low, high), OrderRanks.Find(count, share, risk));

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.5)]
    [InlineData(5, 0.5)]
    [InlineData(300, 0.99)]
    public void Find_TooFew_IsNull(long count, double share) => Assert.Null(OrderRanks.Find(count, share, 0.025));

    /// <summary>Of so many, the sum and the normal distribution must agree.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void Find_Many_GoesOnFromTheExactOnes(double share)
    {
        const long Exact = 200_000, Beyond = 200_001;

        var (exactLow, exactHigh) = OrderRanks.Find(Exact, share, 0.0005)!.Value;
        var (low, high) = OrderRanks.Find(Beyond, share, 0.0005)!.Value;

        Assert.InRange(low - exactLow, -10, 10);
        Assert.InRange(high - exactHigh, -10, 10);
    }

    /// <summary>The intervals do what they say: of many samples of a known distribution they miss its quantile no more often than promised.</summary>
    [Theory]
    [InlineData(50, 0.5)]
    [InlineData(400, 0.5)]
    [InlineData(600, 0.99)]
    public void Find_ManySamples_MissesNoMoreThanPromised(int count, double share)
    {
        const int Samples = 4000;
        const double Risk = 0.025;
        var random = new Random(1);
        var ranks = OrderRanks.Find(count, share, Risk)!.Value;
        var missed = 0;
        for (var sample = 0; sample < Samples; sample++)
        {
            var values = Enumerable.Range(0, count).Select(_ => random.NextDouble()).Order().ToArray();
            missed += values[ranks.Low - 1] > share || values[ranks.High - 1] < share ? 1 : 0;
        }

        // Four standard deviations above the promise; and not so wide that it says nothing.
        Assert.InRange(missed / (double)Samples, 0.005, (2 * Risk) + (4 * Math.Sqrt(2 * Risk / Samples)));
    }

    [Fact]
    public void NormalQuantile_KnownValues_IsRight()
    {
        Assert.Equal(-1.960, OrderRanks.NormalQuantile(0.025), 0.001);
        Assert.Equal(-3.291, OrderRanks.NormalQuantile(0.0005), 0.001);
    }
}
