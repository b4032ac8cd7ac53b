namespace Akka.Actor;

/// <summary>One child as its supervisor sees it.</summary>
internal sealed class ChildStats(IActorRef child)
{
    private int _restarts;
    private long _windowStart;

    public IActorRef Child => child;

    /// <summary>Counts a restart and says whether it is within the limit.</summary>
    /// <param name="maxRetries">Restarts allowed in a window; negative for no limit.</param>
    /// <param name="within">The window; not positive for one that never ends.</param>
    public bool RequestRestart(int maxRetries, TimeSpan within)
    {
        if (maxRetries == 0)
        {
            return false;
        }

        if (within <= TimeSpan.Zero)
        {
            return maxRetries < 0 || ++_restarts <= maxRetries;
        }

        // A window without a number of retries allows one restart per window, as Akka has it.
        int allowed = maxRetries < 0 ? 1 : maxRetries;
        long now = Environment.TickCount64;
        if (_restarts == 0 || now - _windowStart > within.TotalMilliseconds)
        {
            _windowStart = now;
            _restarts = 0;
        }

        return ++_restarts <= allowed;
    }
}

/// <summary>
/// An actor's children by name, which of them are on their way out, and what is to happen when those are gone. Guarded
/// by a lock, because anyone may start an actor at the top of the tree; sending never comes here.
/// </summary>
internal sealed class Children
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ChildStats?> _byName = new(StringComparer.Ordinal);
    private readonly HashSet<IActorRef> _dying = [];
    private Wait _wait;
    private Exception? _cause;

    /// <summary>What the actor does once its dying children are gone.</summary>
    public enum Wait
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>Another attempt to create an actor that never started.</summary>
        ForCreation,

        /// <summary>Its restart.</summary>
        ForRecreation,

        /// <summary>Its end.</summary>
        ForTermination,
    }

    /// <summary>Whether no restart is under way and the actor is not stopping.</summary>
    public bool IsNormal => _wait == Wait.None;

    public bool IsTerminating => _wait == Wait.ForTermination;

    public bool IsWaiting => _wait is Wait.ForCreation or Wait.ForRecreation;

    public static InvalidOperationException Terminating(string name, ActorPath parent) =>
        new($"{parent} is stopping and can have no new child '{name}'.");

    public void Reserve(string name, ActorPath parent)
    {
        lock (_lock)
        {
            if (IsTerminating)
            {
                throw Terminating(name, parent);
            }

            if (!_byName.TryAdd(name, null))
            {
                throw new InvalidActorNameException($"{parent} already has a child '{name}': the name is free again once it has stopped.");
            }
        }
    }

    public void Unreserve(string name)
    {
        lock (_lock)
        {
            if (_byName.TryGetValue(name, out var stats) && stats is null)
            {
                _byName.Remove(name);
            }
        }
    }

    /// <summary>Puts a child in its reserved place; false when the parent has begun to stop meanwhile.</summary>
    public bool Add(string name, IActorRef child)
    {
        lock (_lock)
        {
            if (IsTerminating)
            {
                return false;
            }

            _byName[name] = new ChildStats(child);
            return true;
        }
    }

    public IActorRef? Find(string name)
    {
        lock (_lock)
        {
            return _byName.GetValueOrDefault(name)?.Child;
        }
    }

    public ChildStats? StatsOf(IActorRef child)
    {
        lock (_lock)
        {
            return _byName.GetValueOrDefault(child.Path.Name) is { } stats && stats.Child.Equals(child) ? stats : null;
        }
    }

    public IReadOnlyCollection<IActorRef> All()
    {
        lock (_lock)
        {
            return _byName.Count == 0 ? [] : [.. _byName.Values.OfType<ChildStats>().Select(stats => stats.Child)];
        }
    }

    public void MarkDying(IActorRef child)
    {
        lock (_lock)
        {
            if (StatsOf(child) is not null)
            {
                _dying.Add(child);
            }
        }
    }

    /// <summary>Remembers what to do when the dying children are gone; false when there are none to wait for.</summary>
    public bool WaitFor(Wait next, Exception? cause = null)
    {
        lock (_lock)
        {
            if (_dying.Count == 0)
            {
                // Termination is for good: nothing may be created any more.
                _wait = next == Wait.ForTermination ? next : Wait.None;
                return false;
            }

            _wait = next;
            _cause = cause;
            return true;
        }
    }

    /// <summary>Forgets a dead child; returns what is to happen now if it was the last one waited for.</summary>
    public Wait Remove(IActorRef child, out Exception? cause)
    {
        lock (_lock)
        {
            cause = _cause;
            if (StatsOf(child) is null)
            {
                return Wait.None;
            }

            _byName.Remove(child.Path.Name);
            if (!_dying.Remove(child) || _dying.Count > 0)
            {
                return Wait.None;
            }

            var ended = _wait;
            _cause = null;
            if (ended != Wait.ForTermination)
            {
                _wait = Wait.None;
            }

            return ended;
        }
    }
}
