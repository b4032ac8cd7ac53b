namespace KvmActors.Host.Tests;

/// <summary>Durations in general are in <see cref="Report.ScaleTests"/>.</summary>
public sealed class UnitsTests
{
    [Theory]
    [InlineData(0.4, "0 ns")]
    [InlineData(1, "1 ns")]
    [InlineData(999.4, "999 ns")]
    [InlineData(999.6, "1.00 µs")]
    [InlineData(9_994, "9.99 µs")]
    [InlineData(9_996, "10.0 µs")]
    [InlineData(99_940, "99.9 µs")]
    [InlineData(99_960, "100 µs")]
    [InlineData(1e6, "1.00 ms")]
    [InlineData(999.4e6, "999 ms")]
    [InlineData(999.6e6, "1.00 s")]
    [InlineData(12.34e9, "12.3 s")]
    [InlineData(3600e9, "3600 s")]
    public void Duration_NextToAUnitsEnd_KeepsItsDigits(double nanoseconds, string expected) => Assert.Equal(expected, Units.Duration(nanoseconds));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(1000, "1,000")]
    [InlineData(-1234, "-1,234")]
    [InlineData(long.MaxValue, "9,223,372,036,854,775,807")]
    public void Count_Number_HasItsThousandsApart(long count, string expected) => Assert.Equal(expected, Units.Count(count));
}
