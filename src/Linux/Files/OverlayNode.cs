using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Linux.Files;

/// <summary>
/// An object below a mapping whose changes are kept apart: the host's, until the guest changes it, and from then on a copy in the guest's
/// <see cref="OverlayLayer"/>; or one that the guest made there. Lookups go through it as through any other node.
/// </summary>
internal sealed partial class OverlayNode : HostNode
{
    private const int EffectiveAccess = 0x200, WriteAccess = 2, SearchAccess = 1, ReadAccess = 4;

    private readonly OverlayLayer _layer;

    // In the layer, and the host's. Both only for a directory that shows the names of both.
    private HostNode? _upper, _lower;

    // Whether another node has what this one had in the layer.
    private bool _isTaken;

    // Where the host's object is below the mapping's root; null when nothing of it is seen.
    private byte[]? _lowerPath;

    /// <summary>Makes a node.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="upper">What the layer has; held from now on. Null for nothing.</param>
    /// <param name="lower">What the host has; held from now on. Null for nothing.</param>
    /// <param name="place">Where it is below the mapping's root, as the guest sees it.</param>
    /// <param name="lowerPath">Where the host's object is; null for none.</param>
    public OverlayNode(OverlayLayer layer, HostNode? upper, HostNode? lower, byte[] place, byte[]? lowerPath)
        : base((upper ?? lower)!)
    {
        (_layer, _upper, _lower, Place, _lowerPath) = (layer, upper, lower, place, lowerPath);
        if (upper is not null)
        {
            Show(upper, layer.OriginOf(upper.Identity)?.Lower ?? upper.Identity);
        }
    }

    /// <summary>Where it is below the mapping's root, as the guest sees it.</summary>
    public byte[] Place { get; }

    /// <summary>The layer that what is changed of it goes to.</summary>
    public OverlayLayer Layer => _layer;

    /// <summary>Whether the guest has changed it, or made it.</summary>
    public bool IsChanged => _upper is not null;

    /// <inheritdoc/>
    public override bool IsLayered => true;

    // Who owns it: a copy may belong to this process's user, where that may not give files away.
    private uint Owner => (_lower ?? this).Status.st_uid;

    /// <inheritdoc/>
    public override Errno TryStep(ReadOnlySpan<byte> name, out HostNode? node)
    {
        node = null;
        HostNode? upper = null, lower = null;
        byte[]? lowerPath = null;
        if (_upper is not null)
        {
            var errno = _upper.TryStep(name, out upper);
            if (upper is null && (errno != Errno.ENOENT || _layer.IsRemoved(_upper.Identity, name[..^1])))
            {
                return errno;
            }
        }

        if (upper is { IsDirectory: true } && _layer.OriginOf(upper.Identity) is { } origin)
        {
            lowerPath = origin.Path;
            lower = _layer.FindLower(origin);
        }
        else if (upper is null)
        {
            if (_lower is null)
            {
                return Errno.ENOENT;
            }

            var errno = _lower.TryStep(name, out lower);
            if (lower is null)
            {
                return errno;
            }

            lowerPath = OverlayPath.Join(_lowerPath!, name);
        }

        node = new OverlayNode(_layer, upper, lower, OverlayPath.Join(Place, name), lowerPath);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno TryGo(ReadOnlySpan<byte> path, out HostNode? node)
    {
        // Below what the layer does not have, it has nothing. To there it is gone step by step, as far as there is nothing to see to.
        node = null;
        OverlayNode at = this;
        var rest = path;
        try
        {
            while (at._upper is not null)
            {
                var end = rest.IndexOf((byte)'/');
                var isLast = end < 0;
                byte[] name = isLast ? rest.ToArray() : [.. rest[..end], 0];
                var errno = at.TryStep(name, out var next);
                if (next is not OverlayNode found)
                {
                    return errno;
                }

                if (at != this)
                {
                    at.Dispose();
                }

                at = found;
                if ((found.IsLink && !isLast) || found.Identity.Device != Identity.Device)
                {
                    return Errno.EXDEV;
                }

                if (isLast)
                {
                    (node, at) = (found, this);
                    return Errno.None;
                }

                rest = rest[(end + 1)..];
            }

            var went = at == this ? base.TryGo(rest, out var lower) : at._lower!.TryGo(rest, out lower);
            node = lower is null ? null : new OverlayNode(_layer, upper: null, lower, OverlayPath.Join(at.Place, rest), OverlayPath.Join(at._lowerPath!, rest));
            return went;
        }
        finally
        {
            if (at != this)
            {
                at.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public override Errno TryOpen(int flags, uint mode, out HostFile? file)
    {
        file = null;
        var errno = (flags & OpenFlags.Path) != 0 ? Errno.None
            : (flags & OpenFlags.TemporaryFileBit) != 0 ? PrepareEntries()
            : Type == ModeBits.Fifo || (Type == ModeBits.Regular && IsChange(flags)) ? PrepareContent(flags) : Errno.None;
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = base.TryOpen(flags, mode, out file);
        if (_upper is not null && _upper.Identity != Identity && (flags & OpenFlags.TemporaryFileBit) == 0)
        {
            file?.ShowAs(Identity);
        }

        return errno;
    }

    /// <inheritdoc/>
    public override long CheckAccess(int mode, int flags)
    {
        // That the host's file is on a read-only mount is no matter to the layer, and comes behind what the permissions say.
        var result = base.CheckAccess(mode, flags);
        if (_upper is null)
        {
            return result == Errno.EROFS.ToResult() ? 0 : result;
        }

        if (result < 0 || _lower is null || (mode & WriteAccess) == 0 || _lower.Status.st_uid == _upper.Status.st_uid)
        {
            return result;
        }

        result = _lower.CheckAccess(mode, flags);
        return result == Errno.EROFS.ToResult() ? 0 : result;
    }

    /// <inheritdoc/>
    public override long GetFileSystem(out statfs_t status)
    {
        const long ReadOnly = 1;
        var result = base.GetFileSystem(out status);
        status.f_flags &= _upper is null ? ~ReadOnly : -1;
        return result;
    }

    /// <inheritdoc/>
    public override long ChangeMode(uint mode) => PrepareAttributes() is var errno and not Errno.None ? errno.ToResult() : base.ChangeMode(mode);

    /// <inheritdoc/>
    public override long ChangeOwner(uint user, uint group) =>
        PrepareAttributes() is var errno and not Errno.None ? errno.ToResult() : base.ChangeOwner(user, group);

    /// <inheritdoc/>
    public override long SetTimes(ReadOnlySpan<timespec_t> times)
    {
        // Who may write a file may say that it was used just now.
        var errno = times.IsEmpty && CheckAccess(WriteAccess, EffectiveAccess) == 0 ? CopyUp() : PrepareAttributes();
        return errno != Errno.None ? errno.ToResult() : base.SetTimes(times);
    }

    /// <summary>Shows the host's object again, for a layer that is gone: of a mapping's root.</summary>
    public void ShowLower()
    {
        if (_upper is null)
        {
            return;
        }

        _upper.Dispose();
        (_upper, _lowerPath) = (null, []);
        _lower = _layer.Lower;
        Show(_lower, _lower.Identity);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _upper?.Dispose();
        _lower?.Dispose();
        if (!_isTaken)
        {
            base.Dispose(disposing);
        }
    }

    private static bool IsChange(int flags) => (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly || (flags & OpenFlags.Truncate) != 0;

    private Errno PrepareContent(int flags)
    {
        if (_upper is not null)
        {
            return Errno.None;
        }

        var access = (flags & OpenFlags.AccessMode) switch
        {
            OpenFlags.ReadOnly => ReadAccess,
            OpenFlags.WriteOnly => WriteAccess,
            _ => ReadAccess | WriteAccess,
        };
        var result = CheckAccess(access | ((flags & OpenFlags.Truncate) != 0 ? WriteAccess : 0), EffectiveAccess);
        return result < 0 ? (Errno)(-result) : CopyUp(withContent: (flags & OpenFlags.Truncate) == 0);
    }

    private Errno PrepareAttributes() => !HostUser.IsRoot && Owner != HostUser.Id ? Errno.EPERM : CopyUp();

    // For a change of what a directory holds.
    private Errno PrepareEntries()
    {
        var result = CheckAccess(WriteAccess | SearchAccess, EffectiveAccess);
        return result < 0 ? (Errno)(-result) : CopyUp();
    }
}
