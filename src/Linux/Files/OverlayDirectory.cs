using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>
/// An open directory of a mapping whose changes are kept apart: its names are those of the host and of the layer together, as they were
/// when it was first read, or rewound; so that positions in it stay what they were whatever is removed meanwhile.
/// </summary>
internal sealed class OverlayDirectory : GuestFile
{
    private readonly HostFile _file;
    private readonly OverlayPlace _place;
    private readonly IReadOnlyList<DirectoryEntry> _mountPoints;
    private DirectoryEntries? _entries;
    private OverlayNode? _changed;

    /// <param name="file">What the guest would see without the other one's names.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="flags">What the guest opened it with.</param>
    /// <param name="mountPoints">Names that it has only in the guest's view.</param>
    public OverlayDirectory(HostFile file, OverlayPlace place, int flags, IReadOnlyList<DirectoryEntry> mountPoints)
    {
        (_file, _place, _mountPoints) = (file, place, mountPoints);
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
            _entries = null;
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
        if (errno == Errno.None)
        {
            entries.AddRange(_mountPoints);
            _entries = new DirectoryEntries(entries);
        }

        return errno;
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
