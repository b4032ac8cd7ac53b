using KvmActors.Interop.Files;

namespace KvmActors.Linux.Files;

/// <summary>What a path's last name is where the directory that holds it was asked for.</summary>
internal enum LastName
{
    /// <summary>No name was asked for: the result is the object itself.</summary>
    None,

    /// <summary>A name, which may be there or not.</summary>
    Normal,

    /// <summary><c>.</c></summary>
    Dot,

    /// <summary><c>..</c></summary>
    DotDot,

    /// <summary>There is none: the path is <c>/</c>.</summary>
    Root,
}

/// <summary>
/// Where a lookup ended: at an object, or in the directory that holds (or would hold) the path's last name. It is the host's
/// object that is held, so that whatever happens to names from now on cannot change which one it is.
/// </summary>
internal sealed class LookupResult : IDisposable
{
    public LookupResult(HostNode? host, bool isOwned, NamespaceNode? node, NamespaceNode? mapping, byte[] path) =>
        (Host, IsOwned, Node, Mapping, Path) = (host, isOwned, node, mapping, path);

    /// <summary>The host's object; null where there is only a node of the tree's own.</summary>
    public HostNode? Host { get; }

    /// <summary>Whether <see cref="Host"/> is closed with this; the roots of mappings stay open.</summary>
    public bool IsOwned { get; }

    /// <summary>The node of the tree at the path; null for none.</summary>
    public NamespaceNode? Node { get; }

    /// <summary>The mapping whose right counts for <see cref="Host"/>; null when that is.</summary>
    public NamespaceNode? Mapping { get; }

    /// <summary>Where the guest sees it: absolute, with no link, <c>.</c> or <c>..</c> in it.</summary>
    public byte[] Path { get; }

    /// <summary>What the last name is, when the result is the directory that holds it.</summary>
    public LastName Last { get; init; }

    /// <summary>The last name, NUL-terminated, with the separator that followed it; empty unless it is a normal one.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>
    /// Whether the guest may change the host's object, or what stands in for it. This, and nothing else, says so. Where changes are to be kept
    /// apart but another mapping led to the host's object itself, it may not.
    /// </summary>
    public bool IsWritable => Mapping?.Access switch
    {
        MappingAccess.ReadWrite => Host is not null,
        MappingAccess.Overlay => Host is { IsLayered: true },
        _ => false,
    };

    /// <summary>Whether it is one of the tree's own: a device, a link or a descriptor.</summary>
    public bool IsOwn => Node is { IsPlainDirectory: false, Root: null };

    /// <summary>The last name, NUL-terminated, with no separator.</summary>
    public ReadOnlySpan<byte> PlainName => Name is [.., (byte)'/', 0] ? [.. Name.AsSpan(0, Name.Length - 2), 0] : Name;

    /// <summary>Whether a separator followed the last name.</summary>
    public bool HasSeparator => Name is [.., (byte)'/', 0];

    /// <summary>The node of the tree under the last name, or null.</summary>
    public NamespaceNode? NameNode => Node?[PlainName[..^1]];

    /// <summary>Where the guest sees the last name.</summary>
    public byte[] NamePath => [.. Path.Length == 1 ? [] : Path, (byte)'/', .. PlainName[..^1]];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsOwned)
        {
            Host?.Dispose();
        }
    }
}
