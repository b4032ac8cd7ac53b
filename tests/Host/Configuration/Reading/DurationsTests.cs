using KvmActors.Host.Configuration.Reading;

namespace KvmActors.Host.Tests.Configuration.Reading;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("0.5", 0.5)]
    [InlineData("1e3", 1000)]
    [InlineData("250ms", 0.25)]
    [InlineData("1.5s", 1.5)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("1d", 86_400)]
    [InlineData("100us", 0.0001)]
    [InlineData("1h2m3s4ms", 3723.004)]
    [InlineData("1m30s", 90)]
    [InlineData("00:00:01", 1)]
    [InlineData("0:0:1.25", 1.25)]
    [InlineData("00:01:00", 60)]
    [InlineData("24:00:00", 86_400)]
    [InlineData("1.00:00:00", 86_400)]
    [InlineData("-1", -1)]
    [InlineData("-00:00:01", -1)]
    [InlineData("0", 0)]
    public void TryParse_Duration_IsRead(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("soon")]
    [InlineData(" 1s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("s")]
    [InlineData("1s1m")]
    [InlineData("1s1s")]
    [InlineData("1.s")]
    [InlineData("1..5s")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e400")]
    [InlineData("99999999999999999999")]
    [InlineData("99999999999d")]
    [InlineData("00:10")]
    [InlineData("00:60:00")]
    [InlineData("00:00:60")]
    [InlineData("0x10")]
    [InlineData("1,5")]
    [InlineData("1s\n2")]
    public void TryParse_Other_IsNone(string text) => Assert.False(Durations.TryParse(text, out _));
}
