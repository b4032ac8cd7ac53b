using Akka.Event;

namespace Akka.Actor;

/// <summary>The sender of a question: takes one answer, and treats others as a dead actor would.</summary>
internal sealed class FutureActorRef<T>(ActorSystemImpl system) : ActorRefBase
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ActorPath? _path;

    public Task<T> Task => _answer.Task;

    public override ActorPath Path
    {
        get
        {
            // Few ever ask, so it is made on demand.
            if (_path is null)
            {
                long uid = system.NextUid();
                Interlocked.CompareExchange(ref _path, system.TempPath.Child($"${uid}", uid), null);
            }

            return _path;
        }
    }

    private protected override ActorSystemImpl OwningSystem => system;

    public void FailAfter(TimeSpan timeout)
    {
        var timer = new CancellationTokenSource(timeout);
        timer.Token.UnsafeRegister(
            _ => _answer.TrySetException(new AskTimeoutException($"No answer came within {timeout.TotalSeconds:0.##} s")), null);
        WhenDone(timer);
    }

    public void CancelWith(CancellationToken cancellationToken) =>
        WhenDone(cancellationToken.UnsafeRegister(_ => _answer.TrySetCanceled(cancellationToken), null));

    // An answer like any other; one that comes too late says nothing that a dead letter could keep.
    private protected override bool TakesNull()
    {
        _answer.TrySetResult(default!);
        return true;
    }

    private protected override void Deliver(object message, IActorRef? sender)
    {
        bool taken = message switch
        {
            T answer => _answer.TrySetResult(answer),
            Status.Failure failure => _answer.TrySetException(failure.Cause ?? new TaskCanceledException("The actor answered with a failure without a cause.")),
            _ => Refuse(message),
        };
        if (!taken && !Task.IsCanceled)
        {
            system.EventStream.Publish(new DeadLetter(message, sender ?? system.DeadLetters, this));
        }
    }

    private bool Refuse(object message)
    {
        _answer.TrySetException(new ArgumentException($"Asked for {typeof(T)}, got {message.GetType()}: {message}", nameof(message)));
        return false;
    }

    private void WhenDone(IDisposable resource) => _ = Task.ContinueWith(
        static (_, state) => ((IDisposable)state!).Dispose(),
        resource,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
