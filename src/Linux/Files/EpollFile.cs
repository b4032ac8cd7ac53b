using System.Buffers.Binary;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>
/// An epoll file: files that it watches, and a list of those that may be ready. A file that changes is put on the list; whether it is ready
/// is asked when somebody wants to know. What changes by itself is looked at then, too.
/// </summary>
internal sealed class EpollFile : GuestFile
{
    /// <summary>Bytes of a struct epoll_event, which is packed on x86-64.</summary>
    public const int EventBytes = 12;

    private const int MaxNesting = 4;

    private readonly EpollGroup _group;
    private readonly Dictionary<(GuestFile File, int Fd), EpollItem> _items = [];
    private readonly LinkedList<EpollItem> _changing = new();
    private readonly LinkedList<EpollItem> _listed = new();
    private long _change, _search;
    private int _depth;

    public EpollFile(EpollGroup group)
    {
        _group = group;
        Flags = OpenFlags.ReadWrite;
    }

    /// <summary>How many may be ready.</summary>
    public int Listed => _listed.Count;

    public override byte[] Title => "anon_inode:[eventpoll]"u8.ToArray();

    public override bool CanPoll => true;

    public override bool ChangesByItself => true;

    public override long Read(GuestIoVector target) => Errno.EINVAL.ToResult();

    public override long Write(GuestIoVector source) => Errno.EINVAL.ToResult();

    public override long Seek(long offset, int whence) => 0;

    public override long GetStatus(out stat_t status)
    {
        status = SyntheticStatus.Of(SyntheticStatus.NoType, inode: 6);
        return 0;
    }

    /// <summary>Watches a file.</summary>
    /// <returns>None, EEXIST, ENOSPC or ELOOP.</returns>
    public Errno Add(GuestFile file, int fd, uint events, ulong data)
    {
        if (file is EpollFile nested && !CanNest(nested))
        {
            return Errno.ELOOP;
        }

        if (_items.ContainsKey((file, fd)))
        {
            return Errno.EEXIST;
        }

        if (!_group.TryTake(file is EpollFile))
        {
            return Errno.ENOSPC;
        }

        var item = new EpollItem(this, file, fd) { Events = events | EpollFlags.Always, Data = data };
        _items.Add((file, fd), item);
        item.Place = file.ChangesByItself ? _changing.AddLast(item) : null;
        Note(item);
        return Errno.None;
    }

    /// <summary>Watches a file for something else.</summary>
    /// <returns>None, ENOENT or EINVAL.</returns>
    public Errno Modify(GuestFile file, int fd, uint events, ulong data)
    {
        if (!_items.TryGetValue((file, fd), out var item))
        {
            return Errno.ENOENT;
        }

        if ((item.Events & EpollFlags.Exclusive) != 0)
        {
            return Errno.EINVAL;
        }

        (item.Events, item.Data) = (events | EpollFlags.Always, data);
        Note(item);
        return Errno.None;
    }

    /// <summary>Watches a file no more.</summary>
    /// <returns>None or ENOENT.</returns>
    public Errno Remove(GuestFile file, int fd)
    {
        if (!_items.TryGetValue((file, fd), out var item))
        {
            return Errno.ENOENT;
        }

        Remove(item);
        return Errno.None;
    }

    /// <summary>Watches a file no more.</summary>
    public void Remove(EpollItem item)
    {
        item.Leave();
        _items.Remove((item.File, item.Fd));
        if (item.Place is { } place)
        {
            _changing.Remove(place);
        }

        if (item.IsListed)
        {
            _listed.Remove(item.Listed);
        }

        _group.Return(item.File is EpollFile);
    }

    /// <summary>A file that it watches may be ready.</summary>
    public void Note(EpollItem item)
    {
        if (!item.IsListed)
        {
            _listed.AddLast(item.Listed);
        }

        _group.Enter();
        if (_change != _group.Change)
        {
            _change = _group.Change;
            Changed();
        }

        _group.Leave();
    }

    /// <summary>Tells what is ready.</summary>
    /// <param name="events">Receives as many struct epoll_event as it holds.</param>
    /// <returns>How many.</returns>
    public int Collect(Span<byte> events)
    {
        var count = 0;
        for (var left = Listed; left > 0 && (count + 1) * EventBytes <= events.Length; left--)
        {
            var item = _listed.First!.Value;
            _listed.RemoveFirst();
            if (item.Ready is not 0 and var ready)
            {
                var place = events.Slice(count++ * EventBytes, EventBytes);
                BinaryPrimitives.WriteUInt32LittleEndian(place, ready);
                BinaryPrimitives.WriteUInt64LittleEndian(place[sizeof(uint)..], item.Data);
                if ((item.Events & EpollFlags.OneShot) != 0)
                {
                    item.Events &= EpollFlags.Private;
                }
                else if ((item.Events & EpollFlags.EdgeTriggered) == 0)
                {
                    _listed.AddLast(item.Listed);
                }
            }
        }

        return count;
    }

    public override void Look()
    {
        for (var place = _changing.First; place is not null; place = place.Next)
        {
            place.Value.File.Look();
        }
    }

    public override PollEvents Poll()
    {
        Look();
        while (_listed.First is { Value: var item })
        {
            if (item.Ready != 0)
            {
                return PollEvents.In;
            }

            _listed.RemoveFirst();
        }

        return PollEvents.None;
    }

    public override void AddTo(ref FileWait wait, PollEvents wanted)
    {
        for (var place = _changing.First; place is not null; place = place.Next)
        {
            var item = place.Value;
            if ((item.Events & ~EpollFlags.Private) != 0)
            {
                item.File.AddTo(ref wait, (PollEvents)(item.Events & ~EpollFlags.Private));
            }
        }
    }

    public override void Dispose()
    {
        foreach (var item in _items.Values.ToList())
        {
            Remove(item);
        }

        base.Dispose();
    }

    // No circle, and not more than so many above one another: fs/eventpoll.c.
    private bool CanNest(EpollFile nested)
    {
        _group.Search++;
        var below = nested.DepthBelow(this);
        if (below < 0)
        {
            return false;
        }

        _group.Search++;
        return below + 1 + DepthAbove() <= MaxNesting;
    }

    // -1 where a file is among them.
    private int DepthBelow(EpollFile file)
    {
        if (this == file)
        {
            return -1;
        }

        if (_search == _group.Search)
        {
            return _depth;
        }

        (_search, _depth) = (_group.Search, 0);
        for (var place = _changing.First; place is not null; place = place.Next)
        {
            if (place.Value.File is EpollFile nested)
            {
                var depth = nested.DepthBelow(file);
                if (depth < 0)
                {
                    return _depth = -1;
                }

                _depth = Math.Max(_depth, depth + 1);
            }
        }

        return _depth;
    }

    private int DepthAbove()
    {
        if (_search != _group.Search)
        {
            (_search, _depth) = (_group.Search, 0);
            foreach (var item in Waiters.Targets.OfType<EpollItem>())
            {
                _depth = Math.Max(_depth, item.Owner.DepthAbove() + 1);
            }
        }

        return _depth;
    }
}
