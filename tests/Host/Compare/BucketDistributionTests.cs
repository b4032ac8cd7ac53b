using KvmActors.Host.Compare;

namespace KvmActors.Host.Tests.Compare;

public sealed class BucketDistributionTests
{
    [Theory]
    [InlineData(0.0, 10)]
    [InlineData(0.5, 10)]
    [InlineData(0.51, 20)]
    [InlineData(0.75, 20)]
    [InlineData(0.76, 30)]
    [InlineData(1.0, 30)]
    public void Quantile_Buckets_IsWhereTheShareIsReached(double share, double expected) =>
        Assert.Equal(expected, new BucketDistribution([(10, 2), (20, 1), (30, 1)]).Quantile(share));

    [Fact]
    public void AtRank_EveryRank_IsThatOfTheSortedDurations()
    {
        double[] values = [5, 1, 9, 5, 5, 2];
        var distribution = BucketDistribution.Of(values);

        Assert.Equal(values.Order(), Enumerable.Range(1, values.Length).Select(rank => distribution.AtRank(rank)));
    }

    [Fact]
    public void Empty_AnyQuestion_IsNothing() => Assert.Equal((0, 0.0), (BucketDistribution.Empty.Count, BucketDistribution.Empty.Quantile(0.5)));
}
