namespace KvmActors.Linux.Files;

/// <summary>The files of an epoll file that may be ready, in the order in which they are told.</summary>
internal sealed class EpollList
{
    private EpollItem? _last;

    /// <summary>The first; null when there is none.</summary>
    public EpollItem? First { get; private set; }

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one at the end, unless it is there.</summary>
    public void Add(EpollItem item)
    {
        if (item.IsListed)
        {
            return;
        }

        (item.IsListed, item.Previous, item.Next) = (true, _last, null);
        if (_last is null)
        {
            First = item;
        }
        else
        {
            _last.Next = item;
        }

        _last = item;
        Count++;
    }

    /// <summary>Takes one out, if it is there.</summary>
    public void Remove(EpollItem item)
    {
        if (!item.IsListed)
        {
            return;
        }

        if (item.Previous is { } previous)
        {
            previous.Next = item.Next;
        }
        else
        {
            First = item.Next;
        }

        if (item.Next is { } next)
        {
            next.Previous = item.Previous;
        }
        else
        {
            _last = item.Previous;
        }

        (item.IsListed, item.Previous, item.Next) = (false, null, null);
        Count--;
    }
}
