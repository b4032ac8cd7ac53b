using Akka.Actor;
using KvmActors.Linux.Syscalls;

namespace KvmActors.Actors.Hypercalls;

/// <summary>The mailbox of a <see cref="HypercallActor"/>, for the gate that it watches over.</summary>
internal sealed class HypercallQueue : ISyscallQueue
{
    /// <summary>The actor; nobody until it has been made.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <inheritdoc/>
    public void Enqueue(GateTurn turn) => Actor.Tell(new EnterGate(turn), ActorRefs.NoSender);

    /// <inheritdoc/>
    public void GateFreed() => Actor.Tell(Hypercalls.GateFreed.Instance, ActorRefs.NoSender);
}
