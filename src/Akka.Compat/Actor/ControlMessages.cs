namespace Akka.Actor;

/// <summary>Tells a watcher that an actor has stopped; exactly one per watch.</summary>
public sealed class Terminated
{
    internal Terminated(IActorRef actorRef, bool existenceConfirmed)
    {
        ActorRef = actorRef;
        ExistenceConfirmed = existenceConfirmed;
    }

    /// <summary>The actor that stopped.</summary>
    public IActorRef ActorRef { get; }

    /// <summary>Whether it was alive when the watch began.</summary>
    public bool ExistenceConfirmed { get; }

    /// <summary>Whether its whole node was lost; never, within one process.</summary>
    public bool AddressTerminated { get; }

    /// <inheritdoc/>
    public override string ToString() => $"Terminated({ActorRef})";
}

/// <summary>Stops the actor when its turn in the mailbox comes.</summary>
public sealed class PoisonPill
{
    private PoisonPill()
    {
    }

    /// <summary>The only value.</summary>
    public static PoisonPill Instance { get; } = new();
}

/// <summary>Makes the actor fail with <see cref="ActorKilledException"/> when its turn in the mailbox comes.</summary>
public sealed class Kill
{
    private Kill()
    {
    }

    /// <summary>The only value.</summary>
    public static Kill Instance { get; } = new();
}

/// <summary>An answer that says how a request went.</summary>
public abstract class Status
{
    private protected Status()
    {
    }

    /// <summary>It failed; an Ask that gets this throws <see cref="Cause"/>.</summary>
    public sealed class Failure : Status
    {
        /// <summary>Why.</summary>
        public readonly Exception Cause;

        /// <summary>A failure because of <paramref name="cause"/>.</summary>
        public Failure(Exception cause)
        {
            Cause = cause;
        }

        /// <inheritdoc/>
        public override string ToString() => $"Failure: {Cause}";
    }
}
