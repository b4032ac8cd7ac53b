using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>An open directory that is there only because something is mapped below it.</summary>
internal sealed class TreeDirectory : GuestFile
{
    private readonly NamespaceNode _node;
    private readonly DirectoryEntries _entries;

    public TreeDirectory(NamespaceNode node, int flags, DirectoryEntries? entries = null)
    {
        (_node, _entries) = (node, entries ?? node.List());
        Flags = OpenFlags.Show(flags);
    }

    public override bool HasOffsets => true;

    public override long Read(GuestIoVector target) => Errno.EISDIR.ToResult();

    public override long ReadAt(GuestIoVector target, long offset) => Errno.EISDIR.ToResult();

    public override long Seek(long offset, int whence) => whence switch
    {
        0 when offset >= 0 => _entries.Seek(offset),
        1 when offset == 0 => _entries.Position,
        _ => Errno.EINVAL.ToResult(),
    };

    public override long GetStatus(out stat_t status)
    {
        status = _node.Status;
        return 0;
    }

    public override long ReadDirectory(Span<byte> entries) => _entries.Read(entries);

    public override long Sync(bool dataOnly) => 0;
}
