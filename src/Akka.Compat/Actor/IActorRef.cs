namespace Akka.Actor;

/// <summary>Something a message can be sent to.</summary>
public interface ICanTell
{
    /// <summary>Sends <paramref name="message"/> and returns at once; it is never lost silently, only late or a dead letter.</summary>
    /// <param name="message">The message; null only as the answer to an Ask.</param>
    /// <param name="sender">Who the receiver sees as its sender; null for nobody.</param>
    void Tell(object message, IActorRef? sender);
}

/// <summary>The address of one actor, valid for its whole life and harmless after it.</summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>
{
    /// <summary>Where the actor stands in the tree.</summary>
    ActorPath Path { get; }
}

/// <summary>Something that can create actors: a system or another actor's context.</summary>
public interface IActorRefFactory
{
    /// <summary>Starts an actor as a child of this factory.</summary>
    /// <param name="props">How to create it.</param>
    /// <param name="name">Its name, unique among its living siblings; null for a generated one.</param>
    /// <exception cref="InvalidActorNameException">The name is taken or contains characters a path must not have.</exception>
    /// <exception cref="Configuration.ConfigurationException">The props name a dispatcher that is not configured.</exception>
    IActorRef ActorOf(Props props, string? name = null);
}
