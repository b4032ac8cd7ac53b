using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Creating, finding and stopping children.</summary>
internal sealed partial class ActorCell
{
    private readonly Children _children = new();
    private long _generatedNames = -1;

    /// <inheritdoc/>
    /// <remarks>The guardians' cells are called from any thread.</remarks>
    public IActorRef ActorOf(Props props, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name is null)
        {
            name = GenerateName(Interlocked.Increment(ref _generatedNames));
        }
        else
        {
            ActorPath.CheckName(name);
        }

        _children.Reserve(name, Self.Path);
        try
        {
            return StartChild(props, name);
        }
        catch
        {
            _children.Unreserve(name);
            throw;
        }
    }

    public IActorRef Child(string name) => _children.Find(name) ?? ActorRefs.Nobody;

    public IEnumerable<IActorRef> GetChildren() => _children.All();

    /// <inheritdoc/>
    /// <remarks>The guardians' cells are called from any thread.</remarks>
    public void Stop(IActorRef child)
    {
        ArgumentNullException.ThrowIfNull(child);
        _children.MarkDying(child);
        ((IInternalActorRef)child).SendSystemMessage(new Terminate());
    }

    private LocalActorRef StartChild(Props props, string name)
    {
        var path = Self.Path.Child(name, SystemImpl.NextUid());
        var dispatcher = SystemImpl.Dispatchers.Lookup(props.Dispatcher, path);
        var child = new LocalActorRef(SystemImpl, props, SelfInternal, path, dispatcher);
        dispatcher.Start(name);
        if (_perpetrator is not null)
        {
            // A child born to a suspended parent is resumed together with it.
            for (int i = 0; i < Mailbox.SuspendCount; i++)
            {
                child.Cell.Mailbox.PostSystem(new Suspend());
            }
        }

        if (!_children.Add(name, child))
        {
            child.Cell.Mailbox.Close();
            (dispatcher as PinnedDispatcher)?.Abandon();
            throw Children.Terminating(name, Self.Path);
        }

        child.Cell.Mailbox.PostSystem(new Create());
        return child;
    }

    /// <summary>$a, $b, … $~, $ab, …</summary>
    private static string GenerateName(long number)
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";
        Span<char> name = stackalloc char[12];
        int length = 0;
        name[length++] = '$';
        do
        {
            name[length++] = Digits[(int)(number & 63)];
            number >>= 6;
        }
        while (number > 0);
        return new string(name[..length]);
    }

    private void StopChildren()
    {
        foreach (var child in _children.All())
        {
            Stop(child);
        }
    }

    private void SuspendChildren(IReadOnlyCollection<IActorRef> except)
    {
        foreach (var child in _children.All())
        {
            if (!except.Contains(child))
            {
                ((IInternalActorRef)child).SendSystemMessage(new Suspend());
            }
        }
    }

    private void ResumeChildren(Exception? cause, IActorRef? perpetrator)
    {
        foreach (var child in _children.All())
        {
            ((IInternalActorRef)child).SendSystemMessage(new Resume(child.Equals(perpetrator) ? cause : null));
        }
    }

    private void HandleChildTerminated(IActorRef child)
    {
        var ended = _children.Remove(child, out var cause);
        switch (ended)
        {
            case Children.Wait.ForRecreation:
                FinishRecreate(cause!);
                break;
            case Children.Wait.ForCreation:
                FinishCreate();
                break;
            case Children.Wait.ForTermination:
                FinishTerminate();
                break;
        }
    }
}
