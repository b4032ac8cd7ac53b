using System.Diagnostics;
using System.Globalization;

namespace KvmActors.Tests;

/// <summary>
/// How long tests wait for what must happen. <c>TEST_TIME_SCALE</c> multiplies it, for machines that are emulated and so
/// many times slower.
/// </summary>
internal static class TestTime
{
    /// <summary>How many times longer than usual to wait; 1 or more.</summary>
    public static double Scale { get; } =
        double.TryParse(Environment.GetEnvironmentVariable("TEST_TIME_SCALE"), CultureInfo.InvariantCulture, out var scale) && scale >= 1
            ? scale
            : 1;

    /// <summary>How often to repeat what takes a switch of CPUs each time: fewer times where they are emulated.</summary>
    public static int Rounds(int rounds) => Math.Max(1, (int)(rounds / Scale));

    /// <summary>
    /// Passes a little time without sleeping, and without PAUSE, at which an emulated CPU gives way to the others for a tenth
    /// of a second.
    /// </summary>
    public static void Spin(long nanoseconds)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalNanoseconds < nanoseconds)
        {
        }
    }

    /// <summary>A limit of so many seconds on an ordinary machine.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Scale);
}
