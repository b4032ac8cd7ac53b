using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Who this actor watches, and who watches it.</summary>
internal sealed partial class ActorCell
{
    // The value is the message that replaces Terminated, if one does.
    private Dictionary<IActorRef, object?>? _watching;
    private Dictionary<IActorRef, object?>? _terminatedQueued;
    private HashSet<IInternalActorRef>? _watchedBy;

    public IActorRef Watch(IActorRef subject) => StartWatch(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return StartWatch(subject, message);
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
        if (_watching?.Remove(actor, out object? message) == true && !_children.IsTerminating)
        {
            // Through the mailbox, so that it comes after what the actor sent while it lived.
            ExpectTerminated(actor, message);
            Self.Tell(new Terminated(actor, existenceConfirmed), actor);
        }

        HandleChildTerminated(actor);
    }

    /// <summary>Allows one queued <see cref="Terminated"/> of <paramref name="actor"/> to be delivered.</summary>
    public void ExpectTerminated(IActorRef actor, object? message) => (_terminatedQueued ??= [])[actor] = message;

    private IActorRef StartWatch(IActorRef subject, object? message)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (!subject.Equals(Self) && (_watching ??= []).TryAdd(subject, message))
        {
            ((IInternalActorRef)subject).SendSystemMessage(new Watch(subject, SelfInternal));
        }

        return subject;
    }

    private void ReceiveTerminated(Terminated terminated)
    {
        if (_terminatedQueued?.Remove(terminated.ActorRef, out object? message) == true)
        {
            CurrentMessage = message ?? terminated;
            Deliver(CurrentMessage);
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
        foreach (var subject in _watching?.Keys ?? Enumerable.Empty<IActorRef>())
        {
            ((IInternalActorRef)subject).SendSystemMessage(new Unwatch(SelfInternal));
        }

        _watching = null;
        _terminatedQueued = null;
    }
}
