using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Files;

/// <summary>
/// An open directory of a mapping whose changes are kept apart: its names are those of the host and of the layer together, as they were
/// when it was first read, or rewound; so that positions in it stay what they were whatever is removed meanwhile.
/// </summary>
internal sealed class OverlayDirectory : GuestFile
{
    // What a name takes besides its bytes: the array's header, the number, the type.
    private const int EntryBytes = 64;

    private readonly HostFile _file;
    private readonly OverlayPlace _place;
    private readonly IReadOnlyList<DirectoryEntry> _mountPoints;
    private readonly Quota _quota;
    private DirectoryEntries? _entries;
    private long _entryBytes;
    private OverlayNode? _changed;

    /// <param name="file">What the guest would see without the other one's names.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="flags">What the guest opened it with.</param>
    /// <param name="mountPoints">Names that it has only in the guest's view.</param>
    /// <param name="quota">What its names are taken from while they are kept.</param>
    public OverlayDirectory(HostFile file, OverlayPlace place, int flags, IReadOnlyList<DirectoryEntry> mountPoints, Quota quota)
    {
        (_file, _place, _mountPoints, _quota) = (file, place, mountPoints, quota);
        Flags = OpenFlags.Show(flags);
    }

    public override HostObject Host => Shown;

    public override HostObject? HostToChange => _changed ??= _place.Find();

    // What a change of its mode or times made of it, where it was the host's own.
    private HostObject Shown => (HostObject?)_changed ?? _file;

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target) => _file.Read(target);

    public override long ReadAt(GuestIoVector target, long offset) => _file.ReadAt(target, offset);

    public override long Seek(long offset, int whence)
    {
        if (whence == 0 && offset == 0)
        {
            Forget();
            return 0;
        }

        if (whence == 1 && offset == 0)
        {
            return _entries?.Position ?? 0;
        }

        var errno = whence == 0 && offset > 0 ? List() : Errno.EINVAL;
        return errno == Errno.None ? _entries!.Seek(offset) : errno.ToResult();
    }

    public override long GetStatus(out stat_t status) => Shown.GetStatus(out status);

    public override long ReadDirectory(Span<byte> entries)
    {
        var errno = List();
        return errno == Errno.None ? _entries!.Read(entries) : errno.ToResult();
    }

    public override long Sync(bool dataOnly) => _file.Sync(dataOnly);

    public override void Dispose()
    {
        Forget();
        _file.Dispose();
        _place.Layer.Release(_changed);
        base.Dispose();
    }

    private Errno List()
    {
        if (_entries is not null)
        {
            return Errno.None;
        }

        var entries = new List<DirectoryEntry>();
        var node = _place.Find();
        var errno = node?.List(entries) ?? ReadOpen(entries);
        _place.Layer.Release(node);
        if (errno != Errno.None)
        {
            return errno;
        }

        entries.AddRange(_mountPoints);
        var bytes = entries.Sum(entry => (long)entry.Name.Length + EntryBytes);
        if (!_quota.TryTake(bytes))
        {
            return Errno.ENOMEM;
        }

        (_entries, _entryBytes) = (new DirectoryEntries(entries), bytes);
        return Errno.None;
    }

    private void Forget()
    {
        _quota.Return(_entryBytes);
        (_entries, _entryBytes) = (null, 0);
    }

    // It was moved or removed: what it had where it was found is all there is.
    private Errno ReadOpen(List<DirectoryEntry> entries)
    {
        var found = new List<HostEntry>();
        _file.Seek(0, whence: 0);
        var errno = HostEntry.ReadAll(_file, found);
        entries.AddRange(found.Select(entry => new DirectoryEntry(entry.Name, entry.Inode, entry.Type)));
        return errno;
    }
}
