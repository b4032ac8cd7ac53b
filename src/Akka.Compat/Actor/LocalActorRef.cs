using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>The reference of a real actor: it outlives restarts, and after the actor's end it leads to the dead letters.</summary>
internal sealed class LocalActorRef : ActorRefBase
{
    public LocalActorRef(ActorSystemImpl system, Props props, IInternalActorRef parent, ActorPath path, MessageDispatcher dispatcher)
    {
        Path = path;
        Cell = new ActorCell(system, this, props, parent, dispatcher);
    }

    public override ActorPath Path { get; }

    public ActorCell Cell { get; }

    private protected override ActorSystemImpl OwningSystem => Cell.SystemImpl;

    private protected override void Deliver(object message, IActorRef? sender) => Cell.Mailbox.Post(new Envelope(message, sender));

    private protected override void DeliverSystem(SystemMessage message) => Cell.Mailbox.PostSystem(message);
}
