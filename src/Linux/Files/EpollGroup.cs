namespace KvmActors.Linux.Files;

/// <summary>What the epoll files of one guest have in common: how much they may watch, and what keeps their work bounded.</summary>
/// <param name="maxWatches">How many files they may watch together.</param>
internal sealed class EpollGroup(int maxWatches)
{
    // Epoll files watched by epoll files: a change goes through all that are above it.
    private const int MaxNested = 16;

    private int _watches, _nested;
    private int _depth;

    /// <summary>Counts changes: within one, each epoll file wakes its own waiters once.</summary>
    public long Change { get; private set; }

    /// <summary>Counts searches: within one, each epoll file is looked at once.</summary>
    public long Search { get; set; }

    /// <summary>Takes room for one more.</summary>
    /// <returns>False when there is none: ENOSPC.</returns>
    public bool TryTake(bool isNested)
    {
        if (_watches >= maxWatches || (isNested && _nested >= MaxNested))
        {
            return false;
        }

        _watches++;
        _nested += isNested ? 1 : 0;
        return true;
    }

    /// <summary>Gives it back.</summary>
    public void Return(bool isNested)
    {
        _watches--;
        _nested -= isNested ? 1 : 0;
    }

    /// <summary>A change begins, or what it leads to.</summary>
    public void Enter() => Change += _depth++ == 0 ? 1 : 0;

    /// <summary>It ends.</summary>
    public void Leave() => _depth--;
}
