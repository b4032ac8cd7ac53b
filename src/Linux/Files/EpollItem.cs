namespace KvmActors.Linux.Files;

/// <summary>A file that an epoll file watches.</summary>
internal sealed class EpollItem : IWakeable
{
    private readonly WaitEntry _entry;

    public EpollItem(EpollFile owner, GuestFile file, int fd)
    {
        (Owner, File, Fd) = (owner, file, fd);
        Listed = new LinkedListNode<EpollItem>(this);
        _entry = new WaitEntry(this);
        file.Waiters.Add(_entry);
    }

    /// <summary>Who watches.</summary>
    public EpollFile Owner { get; }

    /// <summary>What is watched.</summary>
    public GuestFile File { get; }

    /// <summary>The descriptor it was named by.</summary>
    public int Fd { get; }

    /// <summary>What is waited for, and how (EPOLL* of <c>linux/eventpoll.h</c>).</summary>
    public uint Events { get; set; }

    /// <summary>What the program calls it.</summary>
    public ulong Data { get; set; }

    /// <summary>Its place among those that may be ready, in the order in which they are told.</summary>
    public LinkedListNode<EpollItem> Listed { get; }

    /// <summary>Whether it is among those.</summary>
    public bool IsListed => Listed.List is not null;

    /// <summary>Its place among those that change by themselves; null when it does not.</summary>
    public LinkedListNode<EpollItem>? Place { get; set; }

    /// <summary>What of it is ready that is waited for.</summary>
    public uint Ready => (uint)File.PollByAllNames() & Events & ~EpollFlags.Private;

    /// <inheritdoc/>
    public void Wake()
    {
        if ((Events & ~EpollFlags.Private) != 0)
        {
            Owner.Note(this);
        }
    }

    /// <inheritdoc/>
    public void Closed() => Owner.Remove(this);

    /// <summary>Watches no more.</summary>
    public void Leave() => File.Waiters.Remove(_entry);
}

/// <summary>What an event's mask says besides what is waited for (<c>linux/eventpoll.h</c>).</summary>
internal static class EpollFlags
{
    public const uint Exclusive = 1u << 28, WakeUp = 1u << 29, OneShot = 1u << 30, EdgeTriggered = 1u << 31;

    /// <summary>All of them.</summary>
    public const uint Private = Exclusive | WakeUp | OneShot | EdgeTriggered;

    /// <summary>What is always waited for.</summary>
    public const uint Always = (uint)(PollEvents.Error | PollEvents.HangUp);

    /// <summary>What can stand beside <see cref="Exclusive"/>.</summary>
    public const uint WithExclusive = (uint)(PollEvents.In | PollEvents.Out) | Always | WakeUp | EdgeTriggered | Exclusive;
}
