namespace Akka.Actor;

/// <summary>The message that comes when no other does.</summary>
internal sealed partial class ActorCell
{
    private ICancelable? _pendingReceiveTimeout;

    public TimeSpan? ReceiveTimeout { get; private set; }

    public void SetReceiveTimeout(TimeSpan? timeout) => ReceiveTimeout = timeout;

    private void ScheduleReceiveTimeout()
    {
        CancelReceiveTimeout();
        if (ReceiveTimeout is { } timeout)
        {
            _pendingReceiveTimeout =
                System.Scheduler.ScheduleTellOnceCancelable(timeout, Self, Actor.ReceiveTimeout.Instance, Self);
        }
    }

    private void CancelReceiveTimeout()
    {
        _pendingReceiveTimeout?.Cancel();
        _pendingReceiveTimeout = null;
    }
}
