using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Scenario;

/// <summary>What becomes of an instance after a run.</summary>
internal enum AfterRun
{
    /// <summary>Nothing more.</summary>
    Ends,

    /// <summary>It is started again after a pause.</summary>
    Restarts,

    /// <summary>It would be started again, but has used up its restarts.</summary>
    IsQuarantined,
}

/// <summary>
/// One instance's restarts as its policy counts them. It is told the time, and does not ask for it. Belongs to the
/// <see cref="ScenarioActor"/>.
/// </summary>
/// <param name="policy">The policy.</param>
internal sealed class RestartHistory(RestartPolicy policy)
{
    // When it was started again after a failure; at most MaxRestarts of them, oldest first.
    private readonly Queue<TimeSpan> _counted = new();

    /// <summary>Decides what becomes of the instance, and counts its restart.</summary>
    /// <param name="isSuccess">Whether it ended as it is meant to.</param>
    /// <param name="now">When it ended, from any origin; never earlier than the last time.</param>
    /// <param name="chance">From 0 to 1: which part of the pause's half that is left to chance is taken.</param>
    /// <param name="pause">How long to wait before the restart.</param>
    public AfterRun Decide(bool isSuccess, TimeSpan now, double chance, out TimeSpan pause)
    {
        pause = TimeSpan.Zero;
        if (policy.Mode == RestartMode.Never || (policy.Mode == RestartMode.OnFailure && isSuccess))
        {
            return AfterRun.Ends;
        }

        while (policy.Window is { } window && _counted.TryPeek(out var oldest) && now - oldest >= window)
        {
            _counted.Dequeue();
        }

        if (!isSuccess)
        {
            if (_counted.Count >= policy.MaxRestarts)
            {
                return AfterRun.IsQuarantined;
            }

            _counted.Enqueue(now);
        }

        pause = PauseAfter(isSuccess ? 0 : _counted.Count - 1, chance);
        return AfterRun.Restarts;
    }

    // Half of it is certain, half is by chance: what failed together is not started again together.
    private TimeSpan PauseAfter(int doublings, double chance)
    {
        var full = Math.Min(policy.Backoff.Ticks * Math.Pow(2, Math.Min(doublings, 62)), policy.MaxBackoff.Ticks);
        return TimeSpan.FromTicks((long)(full * (0.5 + (chance / 2))));
    }
}
