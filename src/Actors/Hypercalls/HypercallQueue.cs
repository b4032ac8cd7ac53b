using Akka.Actor;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;

namespace KvmActors.Actors.Hypercalls;

/// <summary>The mailbox of a <see cref="HypercallActor"/>, for the gate that it serves.</summary>
internal sealed class HypercallQueue : ISyscallQueue
{
    /// <summary>The actor; nobody until it has been made.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <inheritdoc/>
    public CallOutcome Serve(in GuestCall guestCall, VmStopSignal stopSignal)
    {
        try
        {
            // This thread is the vCPU's own, the only kind that may wait.
            return Actor.Ask<CallServed>(new ServeCall(guestCall), stopSignal.Token).GetAwaiter().GetResult().Outcome;
        }
        catch (OperationCanceledException)
        {
            return new CallOutcome(Errno.EINTR.ToResult());
        }
    }

    /// <inheritdoc/>
    public void GateFreed() => Actor.Tell(Hypercalls.GateFreed.Instance, ActorRefs.NoSender);
}
