namespace Akka.Actor;

/// <summary>Asking: sending a message and awaiting one answer.</summary>
public static class Futures
{
    /// <summary>Asks for an answer of any type. See <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>.</summary>
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    /// <summary>Asks for an answer of any type. See <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>.</summary>
    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    /// <summary>Asks for an answer of any type. See <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>.</summary>
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    /// <summary>Asks. See <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>.</summary>
    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    /// <summary>Asks. See <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>.</summary>
    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    /// <summary>
    /// Sends <paramref name="message"/> and returns the first answer, null included. A <see cref="Status.Failure"/> faults the task with its
    /// cause, an answer that is no <typeparamref name="T"/> with <see cref="ArgumentException"/>.
    /// </summary>
    /// <param name="self">Whom to ask.</param>
    /// <param name="message">What to ask.</param>
    /// <param name="timeout">
    /// After which the task fails with <see cref="AskTimeoutException"/>; zero or infinite for never, null for the system's
    /// <c>akka.actor.ask-timeout</c>, which is infinite unless configured.
    /// </param>
    /// <param name="cancellationToken">Cancels the task.</param>
    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        var system = (self as IInternalActorRef)?.System ?? ActorCell.Current?.SystemImpl
            ?? throw new ArgumentException($"{self} belongs to no system and cannot answer.", nameof(self));
        var answer = new FutureActorRef<T>(system);
        var patience = timeout ?? system.AskTimeout;
        if (patience > TimeSpan.Zero)
        {
            answer.FailAfter(patience);
        }

        if (cancellationToken.CanBeCanceled)
        {
            answer.CancelWith(cancellationToken);
        }

        self.Tell(message, answer);
        return answer.Task;
    }
}
