using Akka.TestKit.Internal;
using Xunit;

namespace Akka.TestKit;

/// <summary>Waiting until something holds, and limits on how long a test may take.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(100);

    private Deadline? _within;

    // A test that ends with expecting nothing has used its time up on purpose.
    private bool _lastWasNone;

    /// <summary>Repeats <paramref name="assertion"/> until it does not throw.</summary>
    /// <param name="assertion">The assertion.</param>
    /// <param name="duration">For how long at most; the last exception is thrown then.</param>
    /// <param name="interval">The pause between two attempts; 100 ms by default.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public void AwaitAssert(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        using var never = new ManualResetEventSlim();
        var deadline = Deadline.In(RemainingOr(duration));
        while (true)
        {
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (deadline.Remaining > TimeSpan.Zero)
            {
                never.Wait(Pause(deadline, interval), cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="AwaitAssert"/>
    public Task AwaitAssertAsync(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        return AwaitAssertAsync(
            () =>
            {
                assertion();
                return Task.CompletedTask;
            },
            duration,
            interval,
            cancellationToken);
    }

    /// <inheritdoc cref="AwaitAssert"/>
    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        var deadline = Deadline.In(RemainingOr(duration));
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (deadline.Remaining > TimeSpan.Zero)
            {
                await Task.Delay(Pause(deadline, interval), cancellationToken);
            }
        }
    }

    /// <summary>Waits until <paramref name="conditionIsFulfilled"/> returns true; fails if it does not in time.</summary>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, cancellationToken);

    /// <summary>Waits until <paramref name="conditionIsFulfilled"/> returns true; fails if it does not within <paramref name="max"/>.</summary>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(conditionIsFulfilled);
        AwaitAssert(() => Assert.True(conditionIsFulfilled(), "The condition did not come true in time."), max, null, cancellationToken);
    }

    /// <summary>Waits until <paramref name="conditionIsFulfilled"/> returns true; fails if it does not in time.</summary>
    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, cancellationToken);

    /// <summary>Waits until <paramref name="conditionIsFulfilled"/> returns true; fails if it does not within <paramref name="max"/>.</summary>
    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(conditionIsFulfilled);
        return AwaitAssertAsync(
            () => Assert.True(conditionIsFulfilled(), "The condition did not come true in time."), max, null, cancellationToken);
    }

    /// <summary>Runs <paramref name="action"/>, whose waits share <paramref name="max"/>; fails if it takes longer.</summary>
    public void Within(TimeSpan max, Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        var outer = _within;
        var limit = outer is { } enclosing && enclosing.Remaining < max ? enclosing.Remaining : max;
        var deadline = Deadline.In(limit);
        _within = deadline;
        _lastWasNone = false;
        try
        {
            action();
        }
        finally
        {
            _within = outer;
        }

        Assert.True(_lastWasNone || deadline.Remaining > TimeSpan.Zero, $"The block took longer than {limit}.");
    }

    private static TimeSpan Pause(Deadline deadline, TimeSpan? interval)
    {
        var wanted = interval ?? DefaultInterval;
        return deadline.Remaining < wanted ? deadline.Remaining : wanted;
    }

    /// <summary>The given time; else what is left of the enclosing <see cref="Within"/>; else the default.</summary>
    private TimeSpan RemainingOr(TimeSpan? duration) => duration ?? _within?.Remaining ?? DefaultTimeout;
}
