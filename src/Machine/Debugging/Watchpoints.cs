using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <summary>A debugger's watchpoints, for processors that look at every access themselves. Any thread.</summary>
internal sealed class Watchpoints
{
    /// <summary>The most there can be.</summary>
    public const int Most = 1024;

    private readonly Lock _gate = new();
    private HashSet<Watchpoint> _all = [];

    /// <summary>All of them; a set that does not change any more.</summary>
    public IReadOnlyCollection<Watchpoint> All
    {
        get
        {
            using var scope = _gate.EnterScope();
            return _all;
        }
    }

    /// <summary>Adds one; one that is there already is no matter.</summary>
    /// <returns>False when there are too many.</returns>
    public bool TryAdd(Watchpoint watchpoint)
    {
        using var scope = _gate.EnterScope();
        if (_all.Count >= Most)
        {
            return _all.Contains(watchpoint);
        }

        _all = [.. _all, watchpoint];
        return true;
    }

    /// <summary>Takes one away; one that is not there is no matter.</summary>
    public void Remove(Watchpoint watchpoint)
    {
        using var scope = _gate.EnterScope();
        _all = [.. _all.Where(other => other != watchpoint)];
    }

    /// <summary>Takes all away.</summary>
    public void Clear()
    {
        using var scope = _gate.EnterScope();
        _all = [];
    }
}
