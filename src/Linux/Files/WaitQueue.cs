namespace KvmActors.Linux.Files;

/// <summary>Who waits for one thing, first come first woken. Used under the gate's one-at-a-time rule.</summary>
internal sealed class WaitQueue
{
    private WaitEntry? _first, _last;

    /// <summary>Those who wait, the first first.</summary>
    public IEnumerable<IWakeable> Targets
    {
        get
        {
            for (var entry = _first; entry is not null; entry = entry.Next)
            {
                yield return entry.Target;
            }
        }
    }

    /// <summary>Adds one at the end; it is in no queue yet.</summary>
    public void Add(WaitEntry entry)
    {
        (entry.Queue, entry.Previous, entry.Next) = (this, _last, null);
        if (_last is null)
        {
            _first = entry;
        }
        else
        {
            _last.Next = entry;
        }

        _last = entry;
    }

    /// <summary>Takes one of its own out.</summary>
    public void Remove(WaitEntry entry)
    {
        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            _first = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }
        else
        {
            _last = entry.Previous;
        }

        (entry.Queue, entry.Previous, entry.Next) = (null, null, null);
    }

    /// <summary>Wakes all: who finds nothing waits again. Nobody is taken out.</summary>
    public void Wake()
    {
        for (var entry = _first; entry is not null; entry = entry.Next)
        {
            entry.Target.Wake();
        }
    }

    /// <summary>Tells all that there is nothing any more to wait for.</summary>
    public void Close()
    {
        for (var entry = _first; entry is not null;)
        {
            // Who is told takes its entry out.
            var next = entry.Next;
            entry.Target.Closed();
            entry = next;
        }
    }
}

/// <summary>A place in a <see cref="WaitQueue"/>.</summary>
/// <param name="target">Who has it.</param>
internal sealed class WaitEntry(IWakeable target)
{
    /// <summary>Who waits.</summary>
    public IWakeable Target { get; } = target;

    /// <summary>The queue that it is in; null when it is in none.</summary>
    public WaitQueue? Queue { get; set; }

    /// <summary>Before it in the queue.</summary>
    public WaitEntry? Previous { get; set; }

    /// <summary>After it in the queue.</summary>
    public WaitEntry? Next { get; set; }

    /// <summary>The next one that the same waiter has.</summary>
    public WaitEntry? Sibling { get; set; }
}
