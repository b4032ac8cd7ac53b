namespace Akka.Actor;

/// <summary>The base of everything this runtime throws about actors.</summary>
public abstract class AkkaException : Exception
{
    /// <summary>An exception without a message.</summary>
    protected AkkaException()
    {
    }

    /// <summary>An exception that says what went wrong and why.</summary>
    protected AkkaException(string? message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>An actor name that is taken or malformed.</summary>
public class InvalidActorNameException(string message) : AkkaException(message);

/// <summary>No answer came within the time an Ask allowed.</summary>
public class AskTimeoutException(string message) : AkkaException(message);

/// <summary>An actor's constructor or PreStart failed.</summary>
public class ActorInitializationException : AkkaException
{
    /// <summary>A failure of no particular actor.</summary>
    public ActorInitializationException(string message)
        : base(message)
    {
    }

    /// <summary>The failure of <paramref name="actor"/>, because of <paramref name="cause"/>.</summary>
    public ActorInitializationException(IActorRef? actor, string message, Exception? cause = null)
        : base(message, cause)
    {
        Actor = actor;
    }

    /// <summary>The actor that could not start.</summary>
    public IActorRef? Actor { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Actor is null ? base.ToString() : $"{Actor}: {base.ToString()}";
}

/// <summary>The new instance of a restarted actor failed to start.</summary>
public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"The restart after {originalCause?.GetType().Name} failed", cause)
{
    /// <summary>What the restart was for.</summary>
    public Exception? OriginalCause { get; } = originalCause;
}

/// <summary>An actor was sent <see cref="Kill"/>.</summary>
public class ActorKilledException(string message) : AkkaException(message);

/// <summary>A watched actor died and the watcher did not handle its <see cref="Terminated"/>.</summary>
public class DeathPactException(IActorRef deadActor) : AkkaException($"The death of {deadActor} was not handled")
{
    /// <summary>The actor that died.</summary>
    public IActorRef DeadActor { get; } = deadActor;
}
