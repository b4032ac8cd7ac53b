using Akka.Actor;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>Another test actor, to stand for someone the actors under test talk to.</summary>
public class TestProbe : TestKitBase, IInternalActorRef
{
    internal TestProbe(ActorSystem system, string? name)
        : base(system, name)
    {
    }

    /// <summary>The probe's actor.</summary>
    public IActorRef Ref => TestActor;

    /// <summary>Who sent the message that was looked at last.</summary>
    public IActorRef Sender => LastSender ?? Sys.DeadLetters;

    ActorPath IActorRef.Path => TestActor.Path;

    ActorSystemImpl? IInternalActorRef.System => ((IInternalActorRef)TestActor).System;

    /// <summary>Sends <paramref name="message"/> in the probe's name.</summary>
    public void Send(IActorRef actor, object message)
    {
        ArgumentNullException.ThrowIfNull(actor);
        actor.Tell(message, TestActor);
    }

    /// <summary>Answers the message that was looked at last.</summary>
    public void Reply(object message) => Sender.Tell(message, TestActor);

    /// <summary>Passes the message that was looked at last on, under its original sender.</summary>
    public void Forward(IActorRef actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        actor.Tell(LastMessage ?? throw new InvalidOperationException("The probe has looked at no message that it could forward."), Sender);
    }

    /// <summary>Not possible: a probe has no test of its own.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TestProbe CreateTestProbe(string? name = null) =>
        throw new NotSupportedException("A probe cannot create probes: ask the test kit.");

    /// <inheritdoc/>
    public override string ToString() => $"TestProbe({TestActor})";

    /// <inheritdoc/>
    public override bool Equals(object? obj) => TestActor.Equals(obj);

    /// <inheritdoc/>
    public override int GetHashCode() => TestActor.GetHashCode();

    void ICanTell.Tell(object message, IActorRef? sender) => TestActor.Tell(message, sender);

    void IInternalActorRef.SendSystemMessage(SystemMessage message) => ((IInternalActorRef)TestActor).SendSystemMessage(message);

    bool IEquatable<IActorRef>.Equals(IActorRef? other) => TestActor.Equals(other);

    int IComparable<IActorRef>.CompareTo(IActorRef? other) => TestActor.CompareTo(other);
}
