namespace KvmActors.Machine.Limits;

/// <summary>
/// How much of something one VM may use in a second (the generic cell rate algorithm of ITU-T I.371): who used more is told how
/// long to wait before it goes on. Up to a tenth of a second's amount may be used at once. Safe from any thread; never blocks.
/// </summary>
/// <param name="perSecond">The amount, from 1.</param>
/// <param name="clock">What tells the time; the system's when null.</param>
public sealed class RateLimit(long perSecond, TimeProvider? clock = null)
{
    private const long Second = 1_000_000_000, Burst = Second / 10;

    // Far enough from overflow: 146 years.
    private const long Forever = long.MaxValue / 2;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private long _paidUntil;
    private long _delays;

    /// <summary>The amount.</summary>
    public long PerSecond => perSecond;

    /// <summary>How often somebody was told to wait.</summary>
    public long Delays => Interlocked.Read(ref _delays);

    /// <summary>Uses an amount.</summary>
    /// <returns>How long to wait before more is used, in nanoseconds; 0 for not at all.</returns>
    public long Take(long amount)
    {
        var cost = (long)Math.Min(Forever / 4, (double)amount * Second / perSecond);
        var now = Now();
        for (var paid = Interlocked.Read(ref _paidUntil); ;)
        {
            var until = Math.Min(Forever, Math.Max(paid, now - Burst) + cost);
            var seen = Interlocked.CompareExchange(ref _paidUntil, until, paid);
            if (seen != paid)
            {
                paid = seen;
                continue;
            }

            if (until <= now)
            {
                return 0;
            }

            Interlocked.Increment(ref _delays);
            return until - now;
        }
    }

    // From the system's start, and never below the burst.
    private long Now() => (long)(_clock.GetTimestamp() * ((double)Second / _clock.TimestampFrequency));
}
