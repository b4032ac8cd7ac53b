namespace Akka.Actor;

/// <summary>The two references that are no actor.</summary>
public static class ActorRefs
{
    /// <summary>Swallows every message.</summary>
    public static readonly Nobody Nobody = new();

    /// <summary>No sender: null.</summary>
    public static readonly IActorRef? NoSender;
}

/// <summary>The reference of an actor that does not exist.</summary>
public sealed class Nobody : ActorRefBase
{
    internal Nobody()
    {
    }

    /// <inheritdoc/>
    public override ActorPath Path { get; } = ActorPath.Root("all-systems") / "Nobody";

    private protected override void Deliver(object message, IActorRef? sender)
    {
    }
}
