namespace Akka.Actor;

/// <summary>An actor with timers, ready to use in its constructor.</summary>
public interface IWithTimers
{
    /// <summary>Set by the runtime.</summary>
    ITimerScheduler Timers { get; set; }
}

/// <summary>
/// Timers that belong to one instance of an actor: they end with it, and no message of a cancelled or replaced timer is
/// ever seen, not even one already in the mailbox.
/// </summary>
public interface ITimerScheduler
{
    /// <summary>Sends <paramref name="msg"/> to the actor every <paramref name="interval"/>, replacing the timer of that key.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);

    /// <summary>The same with another delay before the first message.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);

    /// <summary>Sends <paramref name="msg"/> to the actor once, replacing the timer of that key.</summary>
    void StartSingleTimer(object key, object msg, TimeSpan timeout);

    /// <summary>Whether the timer of that key has yet to deliver a message.</summary>
    bool IsTimerActive(object key);

    /// <summary>Ends the timer of that key, if there is one.</summary>
    void Cancel(object key);

    /// <summary>Ends all timers.</summary>
    void CancelAll();
}

/// <summary>What a timer really sends; the actor sees the message inside, or nothing if the timer is no longer valid.</summary>
internal sealed class TimerMessage(TimerScheduler owner, object key, object message, bool repeats)
{
    public object Key => key;

    public object Message => message;

    public bool Repeats => repeats;

    public ICancelable? Schedule { get; set; }

    public object? Accept(TimerScheduler? current) => ReferenceEquals(owner, current) ? owner.Accept(this) : null;
}

internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    private readonly Dictionary<object, TimerMessage> _timers = [];

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) =>
        StartPeriodicTimer(key, msg, interval, interval);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval)
    {
        var timer = Add(key, msg, repeats: true);
        timer.Schedule = cell.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            initialDelay, interval, cell.Self, timer, ActorRefs.NoSender);
    }

    public void StartSingleTimer(object key, object msg, TimeSpan timeout)
    {
        var timer = Add(key, msg, repeats: false);
        timer.Schedule = cell.System.Scheduler.ScheduleTellOnceCancelable(timeout, cell.Self, timer, ActorRefs.NoSender);
    }

    public bool IsTimerActive(object key) => _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_timers.Remove(key, out var timer))
        {
            timer.Schedule?.Cancel();
        }
    }

    public void CancelAll()
    {
        foreach (var timer in _timers.Values)
        {
            timer.Schedule?.Cancel();
        }

        _timers.Clear();
    }

    /// <summary>The message of a timer that is still valid.</summary>
    public object? Accept(TimerMessage timer)
    {
        if (!_timers.TryGetValue(timer.Key, out var current) || !ReferenceEquals(current, timer))
        {
            return null;
        }

        if (!timer.Repeats)
        {
            _timers.Remove(timer.Key);
        }

        return timer.Message;
    }

    private TimerMessage Add(object key, object message, bool repeats)
    {
        ArgumentNullException.ThrowIfNull(message);
        Cancel(key);
        var timer = new TimerMessage(this, key, message, repeats);
        _timers.Add(key, timer);
        return timer;
    }
}
