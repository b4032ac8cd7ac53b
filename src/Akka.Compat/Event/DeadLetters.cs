using Akka.Actor;

namespace Akka.Event;

/// <summary>A message that nobody handled.</summary>
public abstract class AllDeadLetters
{
    private protected AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
    {
        Message = message;
        Sender = sender;
        Recipient = recipient;
    }

    /// <summary>The message.</summary>
    public object Message { get; }

    /// <summary>Who it was for.</summary>
    public IActorRef Recipient { get; }

    /// <summary>Who sent it.</summary>
    public IActorRef Sender { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: {Message}";
}

/// <summary>A message to an actor that has stopped.</summary>
public sealed class DeadLetter(object message, IActorRef sender, IActorRef recipient) : AllDeadLetters(message, sender, recipient);

/// <summary>A message that reached an actor which has no handler for it.</summary>
public sealed class UnhandledMessage : AllDeadLetters
{
    internal UnhandledMessage(object message, IActorRef sender, IActorRef recipient)
        : base(message, sender, recipient)
    {
    }
}

internal sealed class DeadLetterActorRef(ActorSystemImpl system, ActorPath path) : ActorRefBase
{
    public override ActorPath Path => path;

    private protected override ActorSystemImpl OwningSystem => system;

    private protected override void Deliver(object message, IActorRef? sender)
    {
        if (message is DeadLetter letter)
        {
            system.EventStream.Publish(letter);
        }
        else
        {
            system.PublishDeadLetter(new Dispatch.Envelope(message, sender), this);
        }
    }

    // Nobody lives here, so whoever watches it learns at once.
    private protected override void DeliverSystem(Dispatch.SystemMessage message) => message.Undeliverable();
}
