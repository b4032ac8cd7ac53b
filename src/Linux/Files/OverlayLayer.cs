using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>
/// What one guest has changed below one mapping: a folder of its own that holds what it made and what it changed, in the shape of the
/// mapping's tree, and what is known of it besides: which names it removed, and which of its objects are copies of the host's.
/// </summary>
/// <param name="store">Where layers are made.</param>
internal sealed class OverlayLayer(LayerStore store) : IDisposable
{
    private static readonly byte[] RootName = "root\0"u8.ToArray();

    private readonly Dictionary<HostIdentity, OverlayOrigin> _origins = [];
    private readonly Dictionary<HostIdentity, HashSet<string>> _removed = [];
    private HostNode? _folder;
    private byte[]? _folderName;

    /// <summary>The mapping's root.</summary>
    public OverlayNode Root { get; private set; } = null!;

    /// <summary>The host's object that is mapped.</summary>
    public HostNode Lower { get; private set; } = null!;

    /// <summary>What the guest may use; null before there is one.</summary>
    public FileQuotas? Quotas { get; private set; }

    /// <summary>Asked while a file is copied: whether the guest is to end.</summary>
    public Func<bool>? IsStopped { get; set; }

    /// <summary>The layer's own folder, for what has no place yet.</summary>
    public HostNode Folder => _folder!;

    /// <summary>Lays a layer, empty at first, over what is mapped.</summary>
    /// <param name="lower">The host's object, which the root holds from now on.</param>
    /// <param name="store">Where layers are made.</param>
    public static OverlayNode Over(HostNode lower, LayerStore store)
    {
        var layer = new OverlayLayer(store) { Lower = lower };
        return layer.Root = new OverlayNode(layer, upper: null, lower, place: [], lowerPath: []);
    }

    /// <summary>Begins with a guest: whatever the last one changed is gone.</summary>
    public void Begin(FileQuotas quotas)
    {
        Discard();
        Quotas = quotas;
    }

    /// <summary>Makes the folder, where there is none yet, and puts the mapping's root into it.</summary>
    public Errno Open()
    {
        if (Root.IsChanged)
        {
            return Errno.None;
        }

        var errno = _folder is null ? store.TryMake(out _folder, out _folderName) : Errno.None;
        return errno != Errno.None ? errno : Root.CopyTo(_folder!, RootName);
    }

    /// <summary>Whether the guest removed a name of the host's.</summary>
    /// <param name="directory">The directory in the layer.</param>
    /// <param name="name">The name, without NUL.</param>
    public bool IsRemoved(HostIdentity directory, ReadOnlySpan<byte> name) =>
        _removed.TryGetValue(directory, out var names) && names.Contains(Text(name));

    /// <summary>Takes note that a name of the host's is not there any more.</summary>
    public void NoteRemoved(HostIdentity directory, ReadOnlySpan<byte> name)
    {
        if (!_removed.TryGetValue(directory, out var names))
        {
            _removed.Add(directory, names = []);
        }

        names.Add(Text(name));
    }

    /// <summary>Takes note that the layer has something by a name, which hides what the host has.</summary>
    public void NoteMade(HostIdentity directory, ReadOnlySpan<byte> name)
    {
        if (_removed.TryGetValue(directory, out var names))
        {
            names.Remove(Text(name));
        }
    }

    /// <summary>What an object of the layer was copied from; null for what the guest made itself.</summary>
    public OverlayOrigin? OriginOf(HostIdentity upper) => _origins.TryGetValue(upper, out var origin) ? origin : null;

    /// <summary>Takes note of a copy.</summary>
    public void NoteCopy(HostIdentity upper, OverlayOrigin origin) => _origins[upper] = origin;

    /// <summary>Forgets an object of the layer whose last name went: another one may get its number.</summary>
    public void Forget(HostNode upper)
    {
        if (upper.IsDirectory || upper.GetStatus(out var status) < 0 || status.st_nlink == 0)
        {
            _origins.Remove(upper.Identity);
            _removed.Remove(upper.Identity);
        }
    }

    /// <summary>Finds the host's directory that one of the layer is a copy of, wherever the guest has moved that since.</summary>
    /// <returns>Null when it is not there any more; then nothing of it is seen.</returns>
    public HostNode? FindLower(in OverlayOrigin origin)
    {
        var at = Lower;
        foreach (var range in OverlayPath.Names(origin.Path))
        {
            at.TryStep((byte[])[.. origin.Path[range], 0], out var next);
            if (at != Lower)
            {
                at.Dispose();
            }

            if (next is null)
            {
                return null;
            }

            at = next;
        }

        if (at.Identity == origin.Lower && at != Lower)
        {
            return at;
        }

        if (at != Lower)
        {
            at.Dispose();
        }

        return null;
    }

    /// <summary>Finds an object again that was found before.</summary>
    /// <param name="place">Where it was, below the mapping's root.</param>
    /// <param name="identity">Which one it was.</param>
    /// <param name="node">The object, to be disposed unless it is <see cref="Root"/>; null when something else is there, or nothing.</param>
    public Errno TryFind(byte[] place, HostIdentity identity, out OverlayNode? node)
    {
        node = Root;
        foreach (var range in OverlayPath.Names(place))
        {
            var errno = node.TryStep((byte[])[.. place[range], 0], out var next);
            Release(node);
            node = next as OverlayNode;
            if (node is null)
            {
                return errno;
            }
        }

        if (node.Identity == identity)
        {
            return Errno.None;
        }

        Release(node);
        node = null;
        return Errno.ENOENT;
    }

    /// <summary>Closes what <see cref="TryFind"/> found.</summary>
    public void Release(OverlayNode? node)
    {
        if (node != Root)
        {
            node?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Discard();

    private static string Text(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    private void Discard()
    {
        _origins.Clear();
        _removed.Clear();
        if (_folder is null)
        {
            return;
        }

        Root.ShowLower();
        store.Remove(_folder, _folderName!);
        (_folder, _folderName) = (null, null);
    }
}
