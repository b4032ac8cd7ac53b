namespace KvmActors.Linux.Files;

/// <summary>Who waits for one thing, first come first woken. Used under the gate's one-at-a-time rule.</summary>
internal sealed class WaitQueue
{
    private readonly LinkedList<WaitEntry> _entries = new();

    /// <summary>Those who wait, the first first.</summary>
    public IEnumerable<IWakeable> Targets => _entries.Select(entry => entry.Target);

    /// <summary>Adds one at the end; it is in no queue yet.</summary>
    public void Add(WaitEntry entry)
    {
        entry.Queue = this;
        _entries.AddLast(entry.Place);
    }

    /// <summary>Takes one of its own out.</summary>
    public void Remove(WaitEntry entry)
    {
        entry.Queue = null;
        _entries.Remove(entry.Place);
    }

    /// <summary>Wakes all: who finds nothing waits again. Nobody is taken out.</summary>
    public void Wake()
    {
        for (var place = _entries.First; place is not null; place = place.Next)
        {
            place.Value.Target.Wake();
        }
    }

    /// <summary>Tells all that there is nothing any more to wait for.</summary>
    public void Close()
    {
        for (var place = _entries.First; place is not null;)
        {
            // Who is told takes its entry out.
            var next = place.Next;
            place.Value.Target.Closed();
            place = next;
        }
    }
}

/// <summary>A place in a <see cref="WaitQueue"/>.</summary>
internal sealed class WaitEntry
{
    /// <param name="target">Who has it.</param>
    public WaitEntry(IWakeable target)
    {
        Target = target;
        Place = new LinkedListNode<WaitEntry>(this);
    }

    /// <summary>Who waits.</summary>
    public IWakeable Target { get; }

    /// <summary>The queue that it is in; null when it is in none.</summary>
    public WaitQueue? Queue { get; set; }

    /// <summary>Where in the queue.</summary>
    public LinkedListNode<WaitEntry> Place { get; }

    /// <summary>The next one that the same waiter has.</summary>
    public WaitEntry? Sibling { get; set; }
}
