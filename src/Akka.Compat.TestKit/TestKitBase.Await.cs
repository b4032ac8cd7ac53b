using System.Diagnostics.CodeAnalysis;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Waiting until something holds.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Repeats <paramref name="assertion"/> until it does not throw.</summary>
    /// <param name="assertion">The assertion.</param>
    /// <param name="duration">For how long at most; the last exception is thrown then.</param>
    /// <param name="interval">The pause between two attempts; 100 ms by default.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [SuppressMessage("Performance", "CA1822", Justification = "An instance method in Akka.")]
    public void AwaitAssert(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        using var never = new ManualResetEventSlim();
        var deadline = Deadline.In(duration ?? DefaultTimeout);
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
    [SuppressMessage("Performance", "CA1822", Justification = "An instance method in Akka.")]
    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        var deadline = Deadline.In(duration ?? DefaultTimeout);
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

    private static TimeSpan Pause(Deadline deadline, TimeSpan? interval)
    {
        var wanted = interval ?? DefaultInterval;
        return deadline.Remaining < wanted ? deadline.Remaining : wanted;
    }
}
