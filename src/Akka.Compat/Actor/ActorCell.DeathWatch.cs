using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Who this actor watches, and who watches it.</summary>
internal sealed partial class ActorCell
{
    private HashSet<IActorRef>? _watching;
    private HashSet<IActorRef>? _terminatedQueued;
    private HashSet<IInternalActorRef>? _watchedBy;

    public IActorRef Watch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (!subject.Equals(Self) && (_watching ??= []).Add(subject))
        {
            ((IInternalActorRef)subject).SendSystemMessage(new Watch(subject, SelfInternal));
        }

        return subject;
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (_watching?.Remove(subject) == true)
        {
            ((IInternalActorRef)subject).SendSystemMessage(new Unwatch(SelfInternal));
        }

        // The notification may already be queued; it must not be seen any more.
        _terminatedQueued?.Remove(subject);
        return subject;
    }

    public void AddWatcher(IInternalActorRef watcher) => (_watchedBy ??= []).Add(watcher);

    public void RemoveWatcher(IInternalActorRef watcher) => _watchedBy?.Remove(watcher);

    public void WatchedActorTerminated(IActorRef actor, bool existenceConfirmed)
    {
        if (_watching?.Remove(actor) == true && !_children.IsTerminating)
        {
            // Through the mailbox, so that it comes after what the actor sent while it lived.
            (_terminatedQueued ??= []).Add(actor);
            Self.Tell(new Terminated(actor, existenceConfirmed), actor);
        }

        HandleChildTerminated(actor);
    }

    private void ReceiveTerminated(Terminated terminated)
    {
        if (_terminatedQueued?.Remove(terminated.ActorRef) == true)
        {
            Deliver(terminated);
        }
    }

    private void TellWatchers()
    {
        foreach (var watcher in _watchedBy ?? [])
        {
            // The parent has been told already.
            if (!watcher.Equals(_parent))
            {
                watcher.SendSystemMessage(new DeathWatchNotification(Self, existenceConfirmed: true));
            }
        }

        _watchedBy = null;
    }

    private void UnwatchAll()
    {
        foreach (var subject in _watching ?? [])
        {
            ((IInternalActorRef)subject).SendSystemMessage(new Unwatch(SelfInternal));
        }

        _watching = null;
        _terminatedQueued = null;
    }
}
