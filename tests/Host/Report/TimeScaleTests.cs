using KvmActors.Host.Report;

namespace KvmActors.Host.Tests.Report;

/// <summary>Further edges of the axis; its ticks are in <see cref="ScaleTests"/>.</summary>
public sealed class TimeScaleTests
{
    [Theory]
    [InlineData(-1, 10)]
    [InlineData(0, 10)]
    [InlineData(1, 35)]
    [InlineData(4, 110)]
    [InlineData(5, 110)]
    public void At_Time_StaysOnTheAxis(double seconds, double expected) =>
        Assert.Equal(expected, new TimeScale(TimeSpan.FromSeconds(4), 10, 100).At(TimeSpan.FromSeconds(seconds)), precision: 6);

    [Theory]
    [InlineData(0.0000013)]
    [InlineData(0.0017)]
    [InlineData(0.37)]
    [InlineData(61)]
    [InlineData(100_000)]
    public void Ticks_AnyWhole_AreAFewWithLabelsOfTheirOwn(double seconds)
    {
        var scale = new TimeScale(TimeSpan.FromSeconds(seconds), 0, 100);

        var labels = scale.Ticks.Select(scale.Label).ToList();

        Assert.InRange(labels.Count, 4, 9);
        Assert.Equal(labels.Distinct(), labels);
        Assert.All(scale.Ticks, tick => Assert.InRange(tick, TimeSpan.Zero, scale.Whole));
    }

    [Fact]
    public void Ticks_NoTimeAtAll_IsTheStart() => Assert.Equal([TimeSpan.Zero], new TimeScale(TimeSpan.Zero, 0, 100).Ticks);
}
