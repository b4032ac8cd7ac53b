namespace Akka.Actor;

/// <summary>The parent of all top-level actors of one kind.</summary>
internal sealed class Guardian : UntypedActor
{
    protected override void OnReceive(object message) => Unhandled(message);
}

/// <summary>Stops the system's own actors when everyone's have stopped, and itself after those.</summary>
internal sealed class RootGuardian : UntypedActor
{
    private Watched? _watched;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Watched watched:
                _watched = watched;
                Context.Watch(watched.User);
                Context.Watch(watched.System);
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_watched?.User):
                Context.Stop(_watched!.System);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.StoppingStrategy;

    public sealed record Watched(IActorRef User, IActorRef System);
}
