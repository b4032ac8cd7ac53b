using KvmActors.Machine.Limits;

namespace KvmActors.Machine.Tests.Limits;

public class RateLimitTests
{
    private const long Millisecond = 1_000_000, Second = 1000 * Millisecond;

    private readonly HandClock _clock = new() { Nanoseconds = 1000 * Second };

    [Fact]
    public void Take_WithinATenthOfASecondsAmount_IsNotDelayed()
    {
        var rate = new RateLimit(1000, _clock);

        Assert.Equal((0, 0), (rate.Take(50), rate.Take(50)));
        Assert.Equal(0, rate.Delays);
    }

    [Fact]
    public void Take_MoreThanThat_IsToldHowLongToWait()
    {
        var rate = new RateLimit(1000, _clock);

        Assert.Equal(400 * Millisecond, rate.Take(500));
        Assert.Equal(401 * Millisecond, rate.Take(1));
        Assert.Equal(2, rate.Delays);
    }

    [Fact]
    public void Take_AfterTheWait_GoesOnAtTheRate()
    {
        var rate = new RateLimit(1000, _clock);
        _clock.Nanoseconds += rate.Take(500);

        Assert.Equal(Millisecond, rate.Take(1));
    }

    [Fact]
    public void Take_AfterALongRest_SavesUpATenthOfASecondOnly()
    {
        var rate = new RateLimit(1000, _clock);
        rate.Take(1);
        _clock.Nanoseconds += 3600 * Second;

        Assert.Equal(0, rate.Take(100));
        Assert.Equal(Millisecond, rate.Take(1));
    }

    // Whoever always waits as told gets at most a second's amount, and a tenth, in any second.
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(1_000_000_000)]
    public void Take_WhoWaitsAsTold_NeverPassesTheRate(long perSecond)
    {
        var random = new Random(1);
        var rate = new RateLimit(perSecond, _clock);
        var start = _clock.Nanoseconds;
        double taken = 0;
        for (var step = 0; step < 1000; step++)
        {
            var amount = random.NextInt64(1, Math.Max(2, perSecond / 3));
            taken += amount;
            _clock.Nanoseconds += rate.Take(amount) + (random.Next(3) == 0 ? random.NextInt64(Second / 4) : 0);
            var allowed = (_clock.Nanoseconds - start + (Second / 10)) * (double)perSecond / Second;
            Assert.True(taken <= allowed + 1, $"{taken} taken, {allowed} allowed, after {step} steps");
        }
    }

    [Fact]
    public void Take_HugeAmounts_NeverOverflow()
    {
        var rate = new RateLimit(1, _clock);

        for (var times = 0; times < 10; times++)
        {
            Assert.True(rate.Take(long.MaxValue) > 0);
        }
    }

    private sealed class HandClock : TimeProvider
    {
        public long Nanoseconds { get; set; }

        public override long TimestampFrequency => Second;

        public override long GetTimestamp() => Nanoseconds;
    }
}
