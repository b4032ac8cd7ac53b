using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Linux.Files;

/// <summary>Copying what the host has into the layer, before it is changed there.</summary>
internal sealed partial class OverlayNode
{
    private const uint CopiedMode = 0x3FF, OwnerRights = 0x1C0;

    private static readonly byte[] NewName = "new\0"u8.ToArray();

    /// <summary>Puts the object into the layer, and the directories that it is in, unless it is there.</summary>
    /// <param name="withContent">Whether a file's content comes along.</param>
    public Errno CopyUp(bool withContent = true)
    {
        if (_upper is not null)
        {
            return Errno.None;
        }

        var errno = _layer.Open();
        if (errno != Errno.None || Place.Length == 0)
        {
            return errno;
        }

        var at = _layer.Root;
        try
        {
            foreach (var range in OverlayPath.Names(Place))
            {
                var isLast = range.End.Value == Place.Length;
                byte[] name = [.. Place[range], 0];
                errno = at.TryStep(name, out var found);
                if (found is not OverlayNode next)
                {
                    return errno;
                }

                errno = isLast && next.Identity != Identity ? Errno.ENOENT : next._upper is null ? next.CopyTo(at._upper!, name, withContent || !isLast) : Errno.None;
                _layer.Release(at);
                at = next;
                if (errno != Errno.None)
                {
                    return errno;
                }
            }

            Take(at);
            return Errno.None;
        }
        finally
        {
            _layer.Release(at);
        }
    }

    /// <summary>Puts a copy of the host's object into a directory of the layer, and shows it from then on.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name, NUL-terminated.</param>
    /// <param name="withContent">Whether a file's content comes along.</param>
    public Errno CopyTo(HostNode directory, byte[] name, bool withContent = true)
    {
        if (_lower!.GetStatus(out var status) is var result and < 0)
        {
            return (Errno)(-result);
        }

        if (_layer.Quotas is { } quotas && !quotas.TryTakeName())
        {
            return Errno.ENOSPC;
        }

        directory.GetStatus(out var before);
        var errno = Within(directory, () => Copy(directory, name, status, withContent));
        if (errno != Errno.None)
        {
            return errno;
        }

        // Nothing that the guest could see has changed in it.
        directory.SetTimes([before.st_atim, before.st_mtim]);
        errno = directory.TryStep(name, out _upper);
        if (_upper is null)
        {
            return errno;
        }

        // Of a file with several names on the host only this one is copied: it is another file from now on.
        if (IsDirectory || status.st_nlink == 1)
        {
            _layer.NoteCopy(_upper.Identity, new OverlayOrigin(_lower.Identity, _lowerPath!));
        }

        ShowUpper();
        return Errno.None;
    }

    // In a directory that its owner may not change: whoever is not root is kept out of it, also here.
    private static Errno Within(HostNode directory, Func<Errno> change)
    {
        var errno = change();
        if (errno != Errno.EACCES || HostUser.IsRoot || directory.GetStatus(out var status) < 0 || (status.st_mode & OwnerRights) == OwnerRights)
        {
            return errno;
        }

        directory.ChangeMode((status.st_mode & CopiedMode) | OwnerRights);
        errno = change();
        directory.ChangeMode(status.st_mode & CopiedMode);
        return errno;
    }

    private Errno Copy(HostNode directory, byte[] name, in stat_t status, bool withContent)
    {
        long result;
        switch (Type)
        {
            case ModeBits.Directory:
                result = directory.MakeDirectory(name, OwnerRights);
                break;
            case ModeBits.Fifo:
                result = directory.MakeFifo(name, OwnerRights);
                break;
            case ModeBits.Link:
                var target = new byte[GuestPath.MaxBytes];
                var length = _lower!.ReadLink(target);
                result = length < 0 ? length : directory.MakeSymbolicLink([.. target.AsSpan(0, (int)length), 0], name);
                break;
            case ModeBits.Regular:
                return CopyFile(directory, name, status, withContent);
            default:
                return Errno.EPERM;
        }

        return result < 0 ? (Errno)(-result) : CopyAttributes(directory, name, status);
    }

    // It gets its name when it is whole.
    private Errno CopyFile(HostNode directory, byte[] name, in stat_t status, bool withContent)
    {
        var work = _layer.Folder;
        var errno = _lower!.TryOpen(OpenFlags.ReadOnly, mode: 0, out var from);
        using (from)
        {
            if (from is null)
            {
                return errno;
            }

            errno = work.TryCreate(NewName, OpenFlags.WriteOnly, OwnerRights, out var to);
            using (to)
            {
                if (to is null)
                {
                    return errno;
                }

                errno = withContent ? new OverlayCopy(_layer.Quotas, _layer.IsStopped).Run(from, to, status.st_size) : Errno.None;
            }
        }

        errno = errno == Errno.None ? CopyAttributes(work, NewName, status) : errno;
        errno = errno == Errno.None ? (Errno)(-work.Rename(NewName, directory, name, flags: 0)) : errno;
        if (errno != Errno.None)
        {
            work.Remove(NewName, directory: false);
        }

        return errno;
    }

    // The owner as far as this process may give files away, and no set-id bits, as for all that guests make.
    private static Errno CopyAttributes(HostNode directory, byte[] name, in stat_t status)
    {
        var errno = directory.TryStep(name, out var made);
        using (made)
        {
            if (made is null)
            {
                return errno;
            }

            made.ChangeOwner(status.st_uid, status.st_gid);
            if (!made.IsLink)
            {
                made.ChangeMode(status.st_mode & CopiedMode);
            }

            made.SetTimes([status.st_atim, status.st_mtim]);
            return Errno.None;
        }
    }

    // What another node of the same object has.
    private void Take(OverlayNode other)
    {
        if (other == this)
        {
            return;
        }

        (_upper, other._upper, other._isTaken) = (other._upper, null, true);
        ShowUpper();
    }

    private void ShowUpper()
    {
        Show(_upper!, _layer.OriginOf(_upper!.Identity)?.Lower ?? _upper.Identity);
        if (!IsDirectory)
        {
            if (_lower != _layer.Lower)
            {
                _lower?.Dispose();
            }

            (_lower, _lowerPath) = (null, null);
        }
    }
}
