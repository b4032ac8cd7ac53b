using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>
/// What the runtime tells an actor's cell. Links itself into the mailbox's stack, so one object goes to one actor only.
/// </summary>
internal abstract class SystemMessage
{
    internal SystemMessage? Next { get; set; }

    /// <summary>Whether the message must wait while the actor waits for its children to stop.</summary>
    internal virtual bool WaitsForChildren => false;

    /// <summary>Whether the message must wait while the actor is suspended by a failure.</summary>
    internal virtual bool WaitsForResume => false;

    internal abstract void Apply(ActorCell cell);

    /// <summary>The actor is gone: whoever must know gets an answer all the same.</summary>
    internal virtual void Undeliverable()
    {
    }
}

internal sealed class Create : SystemMessage
{
    internal override void Apply(ActorCell cell) => cell.Create();
}

internal sealed class Recreate(Exception cause) : SystemMessage
{
    internal override bool WaitsForChildren => true;

    internal override void Apply(ActorCell cell) => cell.Recreate(cause);
}

internal sealed class Suspend : SystemMessage
{
    internal override bool WaitsForChildren => true;

    internal override void Apply(ActorCell cell) => cell.SuspendByFailure();
}

/// <param name="cause">The failure this answers; null when it only undoes a parent's suspension.</param>
internal sealed class Resume(Exception? cause) : SystemMessage
{
    internal override bool WaitsForChildren => true;

    internal override void Apply(ActorCell cell) => cell.ResumeAfterFailure(cause);
}

internal sealed class Terminate : SystemMessage
{
    internal override void Apply(ActorCell cell) => cell.Terminate();
}

internal sealed class Failed(IActorRef child, Exception cause) : SystemMessage
{
    public IActorRef Child => child;

    public Exception Cause => cause;

    internal override bool WaitsForResume => true;

    internal override void Apply(ActorCell cell) => cell.HandleFailed(this);
}

internal sealed class Watch(IActorRef watchee, IInternalActorRef watcher) : SystemMessage
{
    internal override void Apply(ActorCell cell) => cell.AddWatcher(watcher);

    internal override void Undeliverable() =>
        watcher.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed: false));
}

internal sealed class Unwatch(IInternalActorRef watcher) : SystemMessage
{
    internal override void Apply(ActorCell cell) => cell.RemoveWatcher(watcher);
}

internal sealed class DeathWatchNotification(IActorRef actor, bool existenceConfirmed) : SystemMessage
{
    public IActorRef Actor => actor;

    internal override void Apply(ActorCell cell) => cell.WatchedActorTerminated(actor, existenceConfirmed);
}
