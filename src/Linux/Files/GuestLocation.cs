namespace KvmActors.Linux.Files;

/// <summary>What a guest's path means: a place below a mapping's root, a node of the tree, both, or nothing.</summary>
internal sealed class GuestLocation
{
    /// <summary>The path: absolute, normalised, with no separator at its end (but for <c>/</c> itself).</summary>
    public required byte[] Path { get; init; }

    /// <summary>Whether the path says that it is a directory's.</summary>
    public required bool MustBeDirectory { get; init; }

    /// <summary>Whether the path ended with <c>.</c> or <c>..</c>, which are no names of their own.</summary>
    public required bool EndsWithDots { get; init; }

    /// <summary>The mapping it falls under: the longest prefix wins. Null for none.</summary>
    public required NamespaceNode? Mapping { get; init; }

    /// <summary>Bytes of <see cref="Path"/> up to the mapping's root and the separator after it.</summary>
    public required int MappingLength { get; init; }

    /// <summary>The path below the mapping's root, NUL-terminated; only the NUL for the root itself.</summary>
    public required byte[] Relative { get; init; }

    /// <summary>The node of the tree at the path; null for none.</summary>
    public required NamespaceNode? Node { get; init; }

    /// <summary>Whether a device or the like is in the path's way.</summary>
    public required bool IsBelowFile { get; init; }

    /// <summary>Whether the directory it would be in is one of the tree's own.</summary>
    public required bool IsParentSynthetic { get; init; }

    /// <summary>Whether the guest may change what is there.</summary>
    public bool IsWritable => Mapping?.Access == MappingAccess.ReadWrite;

    /// <summary>Whether it is the root of a mapping, which like a mount point cannot be removed.</summary>
    public bool IsMappingRoot => Mapping is not null && Mapping == Node;

    /// <summary>Whether the host has no say: a device, a link or a descriptor of our own.</summary>
    public bool IsOwn => Node is { IsPlainDirectory: false, Root: null };

    /// <summary>The last name of <see cref="Relative"/>, NUL-terminated, with the separator that followed it.</summary>
    public ReadOnlySpan<byte> Name => Relative.AsSpan(ParentLength);

    /// <summary>What <see cref="Relative"/> has before its last name, NUL-terminated.</summary>
    public byte[] Parent => [.. Relative.AsSpan(0, ParentLength), 0];

    private int ParentLength => Relative.AsSpan(0, Math.Max(0, Relative.Length - 2)).LastIndexOf((byte)'/') + 1;
}
