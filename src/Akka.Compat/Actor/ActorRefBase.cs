using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>What the runtime asks of a reference beyond sending. A test probe implements it by delegation.</summary>
internal interface IInternalActorRef : IActorRef
{
    /// <summary>The system the actor lives in; null for <see cref="ActorRefs.Nobody"/>.</summary>
    ActorSystemImpl? System { get; }

    /// <summary>Delivers ahead of every ordinary message.</summary>
    void SendSystemMessage(SystemMessage message);
}

/// <summary>The base of all references: two are equal when they name the same incarnation of an actor.</summary>
public abstract class ActorRefBase : IInternalActorRef
{
    private protected ActorRefBase()
    {
    }

    /// <inheritdoc/>
    public abstract ActorPath Path { get; }

    private protected virtual ActorSystemImpl? OwningSystem => null;

    ActorSystemImpl? IInternalActorRef.System => OwningSystem;

    /// <inheritdoc/>
    public void Tell(object message, IActorRef? sender)
    {
        if (message is null && TakesNull())
        {
            return;
        }

        ArgumentNullException.ThrowIfNull(message);
        Deliver(message, sender);
    }

    void IInternalActorRef.SendSystemMessage(SystemMessage message) => DeliverSystem(message);

    /// <inheritdoc/>
    public bool Equals(IActorRef? other) =>
        ReferenceEquals(this, other) || (other is not null && Path.Uid == other.Path.Uid && Path.Equals(other.Path));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IActorRef);

    /// <inheritdoc/>
    public override int GetHashCode() => Path.Uid.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(IActorRef? other)
    {
        if (other is null)
        {
            return 1;
        }

        int byPath = string.CompareOrdinal(Path.ToString(), other.Path.ToString());
        return byPath != 0 ? byPath : Path.Uid.CompareTo(other.Path.Uid);
    }

    /// <inheritdoc/>
    public override string ToString() => Path.Uid == 0 ? $"[{Path}]" : $"[{Path}#{Path.Uid}]";

    /// <summary>Whether null is something to this reference, which has then dealt with it.</summary>
    private protected virtual bool TakesNull() => false;

    private protected abstract void Deliver(object message, IActorRef? sender);

    private protected virtual void DeliverSystem(SystemMessage message)
    {
    }
}
