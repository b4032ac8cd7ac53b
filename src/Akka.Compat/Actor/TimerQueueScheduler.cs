using System.Diagnostics.CodeAnalysis;

namespace Akka.Actor;

/// <summary>The scheduler of a system, on .NET's own timers.</summary>
internal sealed class TimerQueueScheduler : IScheduler
{
    private volatile bool _stopped;

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        new Entry(this, receiver, message, sender, cancelable).Start(delay, Timeout.InfiniteTimeSpan);
    }

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, null);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(initialDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        new Entry(this, receiver, message, sender, cancelable).Start(initialDelay, interval);
    }

    /// <summary>Nothing is sent any more.</summary>
    public void Stop() => _stopped = true;

    /// <summary>One thing to send. .NET's queue keeps it alive for as long as its timer runs.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "It disposes its timer itself, when it has fired for the last time.")]
    private sealed class Entry
    {
        private readonly TimerQueueScheduler _scheduler;
        private readonly ICanTell _receiver;
        private readonly object _message;
        private readonly IActorRef? _sender;
        private readonly ICancelable? _cancelable;
        private readonly Timer _timer;
        private CancellationTokenRegistration _registration;
        private bool _once;

        public Entry(TimerQueueScheduler scheduler, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable)
        {
            ArgumentNullException.ThrowIfNull(receiver);
            ArgumentNullException.ThrowIfNull(message);
            _scheduler = scheduler;
            _receiver = receiver;
            _message = message;
            _sender = sender;
            _cancelable = cancelable;
            _timer = new Timer(static entry => ((Entry)entry!).Fire(), this, Timeout.Infinite, Timeout.Infinite);
        }

        public void Start(TimeSpan delay, TimeSpan interval)
        {
            _once = interval == Timeout.InfiniteTimeSpan;
            if (_cancelable is { } cancelable)
            {
                _registration = cancelable.Token.UnsafeRegister(static entry => ((Entry)entry!)._timer.Dispose(), this);
                if (cancelable.IsCancellationRequested)
                {
                    return;
                }
            }

            try
            {
                _timer.Change(WholeMilliseconds(delay), _once ? interval : WholeMilliseconds(interval));
            }
            catch (ObjectDisposedException)
            {
                // Cancelled meanwhile.
            }
        }

        // Timers cut fractions off: round up, for nothing may be sent early.
        private static TimeSpan WholeMilliseconds(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

        private void Fire()
        {
            bool cancelled = _scheduler._stopped || _cancelable is { IsCancellationRequested: true };
            if (_once || cancelled)
            {
                _registration.Dispose();
                _timer.Dispose();
            }

            if (!cancelled)
            {
                _receiver.Tell(_message, _sender);
            }
        }
    }
}
