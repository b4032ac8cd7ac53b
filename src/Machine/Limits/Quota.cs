namespace KvmActors.Machine.Limits;

/// <summary>An amount of something that one VM may use, and how much it has. Safe from any of its threads; never blocks.</summary>
/// <param name="name">The limit's key in a scenario.</param>
/// <param name="limit">The amount, from 0; null for any.</param>
public sealed class Quota(string name, long? limit)
{
    private readonly long _limit = limit ?? long.MaxValue;
    private long _used;
    private long _peak;
    private long _refusals;

    /// <summary>How much is used now.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>The most that was used at once.</summary>
    public long Peak => Interlocked.Read(ref _peak);

    /// <summary>Whether nothing is used.</summary>
    public bool IsUntouched => Used == 0;

    /// <summary>What to report of an amount that is used up for good.</summary>
    public LimitUse Use => new(name, Used, limit, Interlocked.Read(ref _refusals));

    /// <summary>What to report of an amount that is given back: the most at once.</summary>
    public LimitUse PeakUse => new(name, Peak, limit, Interlocked.Read(ref _refusals));

    /// <summary>Takes an amount before it is used.</summary>
    /// <returns>False when there is not so much left; nothing is taken then, and the refusal is counted.</returns>
    public bool TryTake(long amount)
    {
        for (var used = Used; amount <= _limit - used;)
        {
            var seen = Interlocked.CompareExchange(ref _used, used + amount, used);
            if (seen == used)
            {
                Reach(used + amount);
                return true;
            }

            used = seen;
        }

        Refuse();
        return false;
    }

    /// <summary>Takes as much as there is, up to an amount.</summary>
    /// <returns>How much was taken.</returns>
    public long TakeUpTo(long amount)
    {
        var used = Used;
        while (true)
        {
            var part = Math.Min(amount, _limit - used);
            var seen = Interlocked.CompareExchange(ref _used, used + part, used);
            if (seen == used)
            {
                return part;
            }

            used = seen;
        }
    }

    /// <summary>Puts back what was taken and is not used.</summary>
    public void Return(long amount) => Interlocked.Add(ref _used, -amount);

    /// <summary>Takes note of an amount that is counted elsewhere.</summary>
    public void Reach(long amount)
    {
        for (var peak = Peak; amount > peak;)
        {
            var seen = Interlocked.CompareExchange(ref _peak, amount, peak);
            peak = seen == peak ? amount : seen;
        }
    }

    /// <summary>Counts something that was refused.</summary>
    public void Refuse() => Interlocked.Increment(ref _refusals);
}
