using System.Diagnostics;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// The events of a span, of which some become known only after later ones. They are put on the span when it ends, in the order they
/// happened. Belongs to one actor.
/// </summary>
/// <param name="span">The span; null when nobody listens.</param>
internal sealed class SpanEvents(Activity? span)
{
    private readonly List<(string Name, long Ticks)> _events = [];

    /// <summary>Takes note of an event.</summary>
    /// <param name="name">What happened.</param>
    /// <param name="ticks">When, in <see cref="Stopwatch"/> ticks; 0 for now.</param>
    public void Add(string name, long ticks = 0)
    {
        if (span is not null)
        {
            _events.Add((name, ticks == 0 ? Stopwatch.GetTimestamp() : ticks));
        }
    }

    /// <summary>Puts them on the span.</summary>
    public void Write()
    {
        // One reading of both clocks, so that none moves past another.
        var (now, nowTicks) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
        foreach (var (name, ticks) in _events.OrderBy(happened => happened.Ticks))
        {
            span?.AddEvent(new ActivityEvent(name, now - Stopwatch.GetElapsedTime(ticks, nowTicks)));
        }

        _events.Clear();
    }
}
