using System.Diagnostics;

namespace Akka.TestKit.Internal;

/// <summary>A point in time, measured by the clock that never jumps.</summary>
internal readonly struct Deadline
{
    private readonly long _start;
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit)
    {
        _start = Stopwatch.GetTimestamp();
        _limit = limit;
    }

    public TimeSpan Remaining
    {
        get
        {
            var left = _limit - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public static Deadline In(TimeSpan limit) => new(limit);
}
