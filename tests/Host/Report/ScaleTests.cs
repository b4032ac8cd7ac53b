using KvmActors.Host.Report;

namespace KvmActors.Host.Tests.Report;

public sealed class ScaleTests
{
    [Theory]
    [InlineData(150, 90_000, new[] { "100 ns", "1 µs", "10 µs", "100 µs" })]
    [InlineData(1_000, 1_000, new[] { "1 µs", "10 µs" })]
    [InlineData(2e6, 137e9, new[] { "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s" })]
    public void LogScale_Durations_CoversThemInDecades(double shortest, double longest, string[] labels)
    {
        var scale = LogScale.Covering(shortest, longest, 100, 600);

        Assert.Equal(labels, scale.Ticks.Select(LogScale.Label));
        Assert.Equal(100, scale.At(scale.Lowest), precision: 6);
        Assert.Equal(700, scale.At(scale.Highest), precision: 6);
        Assert.InRange(scale.At(shortest), 100, 700);
    }

    [Theory]
    [InlineData(1, new[] { "0", "200 µs", "400 µs", "600 µs", "800 µs", "1000 µs" })]
    [InlineData(900, new[] { "0", "200 ms", "400 ms", "600 ms", "800 ms" })]
    [InlineData(8000, new[] { "0", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s", "8 s" })]
    public void TimeScale_Whole_HasRoundTicks(double milliseconds, string[] labels)
    {
        var scale = new TimeScale(TimeSpan.FromMilliseconds(milliseconds), 0, 100);

        Assert.Equal(labels, scale.Ticks.Select(scale.Label));
        Assert.Equal(50, scale.At(TimeSpan.FromMilliseconds(milliseconds / 2)), precision: 6);
    }

    [Theory]
    [InlineData(0, "0 ns")]
    [InlineData(999, "999 ns")]
    [InlineData(1000, "1.00 µs")]
    [InlineData(12_345, "12.3 µs")]
    [InlineData(999_400, "999 µs")]
    [InlineData(999_600, "1.00 ms")]
    [InlineData(137e9, "137 s")]
    public void Duration_Nanoseconds_HasThreeDigits(double nanoseconds, string expected) => Assert.Equal(expected, Units.Duration(nanoseconds));
}
