using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>What directories hold, as it is to be after the guest's changes: made, removed and renamed in the layer alone.</summary>
internal sealed partial class OverlayNode
{
    // linux/fs.h
    private const uint RenameNoReplace = 1, RenameExchange = 2;

    private const uint Sticky = 0x200;

    /// <inheritdoc/>
    public override Errno TryCreate(ReadOnlySpan<byte> name, int flags, uint mode, out HostFile? file)
    {
        var plain = OverlayPath.Plain(name);
        HostFile? made = null;
        var result = Make(name, isDirectory: false, directory => directory.TryCreate(plain, flags, mode, out made).ToResult());
        file = made;
        return (Errno)(-result);
    }

    /// <inheritdoc/>
    public override long MakeDirectory(ReadOnlySpan<byte> name, uint mode)
    {
        var plain = OverlayPath.Plain(name);
        return Make(name, isDirectory: true, directory => directory.MakeDirectory(plain, mode));
    }

    /// <inheritdoc/>
    public override long MakeFifo(ReadOnlySpan<byte> name, uint mode)
    {
        var plain = OverlayPath.Plain(name);
        return Make(name, isDirectory: false, directory => directory.MakeFifo(plain, mode));
    }

    /// <inheritdoc/>
    public override long MakeSymbolicLink(ReadOnlySpan<byte> target, ReadOnlySpan<byte> name)
    {
        var (plain, text) = (OverlayPath.Plain(name), target.ToArray());
        return Make(name, isDirectory: false, directory => directory.MakeSymbolicLink(text, plain));
    }

    /// <inheritdoc/>
    public override long MakeLink(HostNode node, ReadOnlySpan<byte> name)
    {
        if (node is not OverlayNode other || other._layer != _layer)
        {
            return Errno.EXDEV.ToResult();
        }

        var plain = OverlayPath.Plain(name);
        return Make(name, isDirectory: false, directory =>
            other.IsDirectory ? Errno.EPERM.ToResult()
            : other.CopyUp() is var errno and not Errno.None ? errno.ToResult() : directory.MakeLink(other._upper!, plain));
    }

    /// <inheritdoc/>
    public override long Remove(ReadOnlySpan<byte> name, bool directory)
    {
        var plain = OverlayPath.Plain(name);
        var errno = TryStep(plain, out var found);
        using (found)
        {
            if (found is not OverlayNode entry)
            {
                return errno.ToResult();
            }

            errno = RefusalToRemove(entry, directory);
            errno = errno != Errno.None ? errno : !directory && OverlayPath.HasSeparator(name) ? Errno.ENOTDIR : CopyUp();
            return errno == Errno.None ? RemoveEntry(entry, plain, directory) : errno.ToResult();
        }
    }

    /// <inheritdoc/>
    public override long Rename(ReadOnlySpan<byte> name, HostNode toDirectory, ReadOnlySpan<byte> toName, uint flags)
    {
        if (toDirectory is not OverlayNode to || to._layer != _layer)
        {
            return Errno.EXDEV.ToResult();
        }

        var (fromPlain, toPlain) = (OverlayPath.Plain(name), OverlayPath.Plain(toName));
        var errno = TryStep(fromPlain, out var found);
        using (found)
        {
            if (found is not OverlayNode moved)
            {
                return errno.ToResult();
            }

            errno = to.TryStep(toPlain, out var there);
            using (there)
            {
                if (there is null && errno != Errno.ENOENT)
                {
                    return errno.ToResult();
                }

                var replaced = there as OverlayNode;
                errno = RefusalOfNames(moved, OverlayPath.HasSeparator(name), to, replaced, OverlayPath.HasSeparator(toName), flags);
                if (errno != Errno.None || moved.Identity == replaced?.Identity)
                {
                    return errno.ToResult();
                }

                errno = RefusalToRename(moved, to, replaced, flags);
                return errno == Errno.None ? Rename(moved, fromPlain, to, replaced, toPlain, flags & RenameExchange) : errno.ToResult();
            }
        }
    }

    /// <summary>Lists a directory.</summary>
    /// <param name="entries">Receives its names, <c>.</c> and <c>..</c> among them.</param>
    public Errno List(List<DirectoryEntry> entries)
    {
        var names = new HashSet<string>();
        if (_upper is not null)
        {
            var errno = Read(_upper, entry =>
            {
                names.Add(Text(entry.Name));
                entries.Add(new DirectoryEntry(entry.Name, InodeOf(entry), entry.Type));
            });
            if (errno != Errno.None)
            {
                return errno;
            }
        }

        return _lower is null ? Errno.None : Read(_lower, entry =>
        {
            if (!names.Contains(Text(entry.Name)) && !entry.Name.AsSpan().StartsWith(LayerFolder.Prefix)
                && (_upper is null || !_layer.IsRemoved(_upper.Identity, entry.Name)))
            {
                entries.Add(new DirectoryEntry(entry.Name, InodeOf(entry), entry.Type));
            }
        });

        ulong InodeOf(HostEntry entry) => entry.Name is [(byte)'.'] ? Identity.Inode
            : _upper is not null && _layer.OriginOf(new HostIdentity(_upper.Identity.Device, entry.Inode)) is { } origin ? origin.Lower.Inode : entry.Inode;
    }

    private static string Text(byte[] name) => Encoding.Latin1.GetString(name);

    private static Errno Read(HostNode directory, Action<HostEntry> add)
    {
        var errno = directory.TryOpen(OpenFlags.ReadOnly | OpenFlags.Directory, mode: 0, out var file);
        using (file)
        {
            var entries = new List<HostEntry>();
            errno = file is null ? errno : HostEntry.ReadAll(file, entries);
            entries.ForEach(add);
            return errno;
        }
    }

    private long Make(ReadOnlySpan<byte> name, bool isDirectory, Func<HostNode, long> make)
    {
        var plain = OverlayPath.Plain(name);
        var errno = TryStep(plain, out var there);
        there?.Dispose();
        errno = there is not null ? Errno.EEXIST
            : errno != Errno.ENOENT ? errno
            : !isDirectory && OverlayPath.HasSeparator(name) ? Errno.ENOENT : PrepareEntries();
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var result = make(_upper!);
        if (result >= 0)
        {
            _layer.NoteMade(_upper!.Identity, plain.AsSpan(0, plain.Length - 1));
        }

        return result;
    }

    // In the order of Linux: may_delete() in fs/namei.c.
    private Errno RefusalToRemove(OverlayNode entry, bool isDirectory)
    {
        var result = CheckAccess(WriteAccess | SearchAccess, EffectiveAccess);
        return result < 0 ? (Errno)(-result)
            : (Status.st_mode & Sticky) != 0 && !HostUser.IsRoot && entry.Owner != HostUser.Id && Owner != HostUser.Id ? Errno.EPERM
            : isDirectory && !entry.IsDirectory ? Errno.ENOTDIR
            : !isDirectory && entry.IsDirectory ? Errno.EISDIR
            : isDirectory ? entry.RefusalUnlessEmpty() : Errno.None;
    }

    private Errno RefusalUnlessEmpty()
    {
        var entries = new List<DirectoryEntry>();
        var errno = List(entries);
        return errno != Errno.None ? errno : entries.Exists(entry => entry.Name is not ([(byte)'.'] or [(byte)'.', (byte)'.'])) ? Errno.ENOTEMPTY : Errno.None;
    }

    // A name of the host's needs a note that it is gone, which takes room as a file does.
    private long RemoveEntry(OverlayNode entry, byte[] name, bool isDirectory)
    {
        var isOnHost = HostHas(name);
        if (isOnHost && _layer.Quotas is { } quotas && !quotas.TryTakeName())
        {
            return Errno.ENOSPC.ToResult();
        }

        var result = entry._upper is null ? 0 : _upper!.Remove(name, isDirectory);
        if (result < 0)
        {
            return result;
        }

        NoteGone(entry, isOnHost ? name : []);
        return 0;
    }

    private void NoteGone(OverlayNode entry, ReadOnlySpan<byte> nameOnHost)
    {
        if (entry._upper is { } upper)
        {
            _layer.Forget(upper);
        }

        if (!nameOnHost.IsEmpty)
        {
            _layer.NoteRemoved(_upper!.Identity, nameOnHost[..^1]);
        }
    }

    private bool HostHas(byte[] name)
    {
        HostNode? found = null;
        _lower?.TryStep(name, out found);
        found?.Dispose();
        return found is not null;
    }

    // In the order of Linux: do_renameat2(), then vfs_rename() in fs/namei.c.
    private Errno RefusalOfNames(OverlayNode moved, bool hasSeparator, OverlayNode to, OverlayNode? replaced, bool toHasSeparator, uint flags)
    {
        var isExchange = (flags & RenameExchange) != 0;
        if (replaced is null ? isExchange : (flags & RenameNoReplace) != 0)
        {
            return replaced is null ? Errno.ENOENT : Errno.EEXIST;
        }

        if ((isExchange && toHasSeparator && !replaced!.IsDirectory)
            || (!moved.IsDirectory && (hasSeparator || (toHasSeparator && !isExchange))))
        {
            return Errno.ENOTDIR;
        }

        return IsWithin(moved.Place, to.Place) ? Errno.EINVAL
            : replaced is not null && IsWithin(replaced.Place, Place) ? isExchange ? Errno.EINVAL : Errno.ENOTEMPTY : Errno.None;

        static bool IsWithin(byte[] outer, byte[] place) =>
            place.AsSpan().StartsWith(outer) && (place.Length == outer.Length || place[outer.Length] == (byte)'/');
    }

    private Errno RefusalToRename(OverlayNode moved, OverlayNode to, OverlayNode? replaced, uint flags)
    {
        var isExchange = (flags & RenameExchange) != 0;
        var errno = MayMove(moved);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (replaced is null)
        {
            var result = to.CheckAccess(WriteAccess | SearchAccess, EffectiveAccess);
            return (Errno)(-result);
        }

        return isExchange ? to.MayMove(replaced) : to.RefusalToRemove(replaced, moved.IsDirectory);
    }

    private Errno MayMove(OverlayNode entry)
    {
        var errno = RefusalToRemove(entry, entry.IsDirectory);
        return errno == Errno.ENOTEMPTY ? Errno.None : errno;
    }

    private long Rename(OverlayNode moved, byte[] name, OverlayNode to, OverlayNode? replaced, byte[] toName, uint exchange)
    {
        var isExchange = exchange != 0;
        var errno = CopyUp();
        errno = errno == Errno.None ? to.CopyUp() : errno;
        errno = errno == Errno.None ? moved.CopyUp() : errno;
        errno = errno == Errno.None && isExchange ? replaced!.CopyUp() : errno;
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var isOnHost = !isExchange && HostHas(name);
        if (isOnHost && _layer.Quotas is { } quotas && !quotas.TryTakeName())
        {
            return Errno.ENOSPC.ToResult();
        }

        var result = _upper!.Rename(name, to._upper!, toName, exchange);
        if (result < 0 || isExchange)
        {
            return result;
        }

        if (replaced is not null)
        {
            to.NoteGone(replaced, []);
        }

        to._layer.NoteMade(to._upper!.Identity, toName.AsSpan(0, toName.Length - 1));
        if (isOnHost)
        {
            _layer.NoteRemoved(_upper.Identity, name.AsSpan(0, name.Length - 1));
        }

        return 0;
    }
}
