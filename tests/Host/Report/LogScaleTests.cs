using KvmActors.Host.Report;

namespace KvmActors.Host.Tests.Report;

/// <summary>Further edges of the axis; its ticks are in <see cref="ScaleTests"/>.</summary>
public sealed class LogScaleTests
{
    [Theory]
    [InlineData(0, 0, 10, 100)]
    [InlineData(0.5, 3, 10, 100)]
    [InlineData(100, 100, 100, 1000)]
    [InlineData(101, 100_001, 100, 1e6)]
    [InlineData(1e15, 1e18, 1e12, 1e13)]
    public void Covering_AnyDurations_IsAtLeastOneDecadeOfTimesThereAre(double shortest, double longest, double lowest, double highest)
    {
        var scale = LogScale.Covering(shortest, longest, 0, 100);

        Assert.Equal((lowest, highest), (Math.Round(scale.Lowest), Math.Round(scale.Highest)));
        Assert.Equal(scale.Decades + 1, scale.Ticks.Count());
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 50)]
    [InlineData(100, 50)]
    [InlineData(1000, 100)]
    [InlineData(10_000, 150)]
    [InlineData(1e9, 150)]
    public void At_Duration_StaysOnTheAxis(double nanoseconds, double expected) =>
        Assert.Equal(expected, LogScale.Covering(100, 10_000, 50, 100).At(nanoseconds), precision: 6);
}
