namespace Akka.Actor;

/// <summary>A message handler: returns whether it handled the message.</summary>
public delegate bool Receive(object message);

/// <summary>An actor's view of its own place in the system. Valid only while one of its handlers runs.</summary>
public interface IActorContext : IActorRefFactory
{
    /// <summary>The actor itself.</summary>
    IActorRef Self { get; }

    /// <summary>Who sent the current message; the dead letters when nobody did.</summary>
    IActorRef Sender { get; }

    /// <summary>The actor that created and supervises this one.</summary>
    IActorRef Parent { get; }

    /// <summary>What the actor was created from.</summary>
    Props Props { get; }

    /// <summary>The system the actor lives in.</summary>
    ActorSystem System { get; }

    /// <summary>Asks for one <see cref="Terminated"/> when <paramref name="subject"/> stops, or at once if it has.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>Ends a watch: no <see cref="Terminated"/> comes after this, not even one already queued.</summary>
    IActorRef Unwatch(IActorRef subject);

    /// <summary>Stops a child, or the actor itself, after the message it is handling.</summary>
    void Stop(IActorRef child);

    /// <summary>The living child of that name, or <see cref="ActorRefs.Nobody"/>.</summary>
    IActorRef Child(string name);

    /// <summary>The living children, in no particular order.</summary>
    IEnumerable<IActorRef> GetChildren();

    /// <summary>Replaces the current handler; the constructor's stays underneath.</summary>
    void Become(Receive receive);

    /// <summary>Puts a handler on top of the current one.</summary>
    void BecomeStacked(Receive receive);

    /// <summary>Returns to the handler underneath; the last of them is the constructor's, which stays.</summary>
    void UnbecomeStacked();
}
