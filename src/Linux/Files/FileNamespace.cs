using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>What one VM sees: its mappings, the longest guest prefix first, a few devices, the directories on the way, and nothing else.</summary>
public sealed class FileNamespace : IDisposable
{
    /// <summary>The most links a path may lead through, as on Linux (MAXSYMLINKS).</summary>
    private const int MaxLinks = 40;

    private readonly NamespaceTree _tree;
    private readonly byte[] _joined = new byte[2 * GuestPath.MaxBytes];
    private readonly byte[] _normalised = new byte[(2 * GuestPath.MaxBytes) + 1];

    private FileNamespace(NamespaceTree tree) => _tree = tree;

    /// <summary>Opens the root of every mapping, for a program by the name it is called with.</summary>
    /// <exception cref="IOException">A host path cannot be opened.</exception>
    public static FileNamespace Open(IEnumerable<FileMapping> mappings, string? program) =>
        new(NamespaceTree.Open(mappings, program is null ? null : GuestPath.Absolute(program)));

    /// <summary>Finds out what a path means. By its text alone: no link of the host's has a say in which mapping it falls under.</summary>
    /// <param name="directory">What the path is relative to: absolute and normalised.</param>
    /// <param name="path">As the guest wrote it; not empty.</param>
    /// <param name="location">What it means, or null on failure.</param>
    /// <returns>None, or ENAMETOOLONG.</returns>
    internal Errno Locate(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path, out GuestLocation? location)
    {
        var length = 0;
        if (path is not [(byte)'/', ..])
        {
            directory.CopyTo(_joined);
            length = directory.Length;
            _joined[length++] = (byte)'/';
        }

        path.CopyTo(_joined.AsSpan(length));
        length = GuestPath.Normalise(_joined.AsSpan(0, length + path.Length), _normalised);
        location = length > GuestPath.MaxBytes ? null : Find(_normalised.AsSpan(0, length), GuestPath.IsDirectory(path), GuestPath.EndsWithDots(path));
        return location is null ? Errno.ENAMETOOLONG : Errno.None;
    }

    /// <summary>Finds a file without opening it: on the host, or as a node of our own.</summary>
    /// <param name="location">Where.</param>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="file">The host's file, or null.</param>
    /// <param name="node">The node where the host has none, or null.</param>
    internal Errno TryFind(GuestLocation location, bool follow, out HostFile? file, out NamespaceNode? node)
    {
        var errno = TryFindOnce(location, follow, out file, out node);
        for (var links = 0; errno == Errno.EACCES && TryFollow(location, follow, ref links, out errno) is { } target;)
        {
            location = target;
            errno = TryFindOnce(location, follow, out file, out node);
        }

        return errno;
    }

    /// <summary>
    /// Follows the first symbolic link in a path that the host's kernel refused because a link leads out of its mapping: in the
    /// guest's view it may lead into another one.
    /// </summary>
    /// <param name="location">The place.</param>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="links">How many links were followed so far; counted on.</param>
    /// <param name="errno">Why there is nothing to follow: EACCES, or ELOOP.</param>
    /// <returns>Where the link leads, or null.</returns>
    internal GuestLocation? TryFollow(GuestLocation location, bool follow, ref int links, out Errno errno)
    {
        errno = Errno.EACCES;
        if (location.Mapping?.Root is not { } root)
        {
            return null;
        }

        var target = new byte[GuestPath.MaxBytes];
        var path = location.Path;
        for (var end = location.MappingLength; end < path.Length;)
        {
            var length = path.AsSpan(end + 1).IndexOf((byte)'/');
            end = length < 0 ? path.Length : end + 1 + length;
            if (end == path.Length && !follow)
            {
                break;
            }

            _ = root.TryFind((byte[])[.. path.AsSpan(location.MappingLength, end - location.MappingLength), 0], follow: false, out var file);
            using (file)
            {
                var bytes = (int)(file?.ReadLink(target) ?? 0);
                if (bytes <= 0)
                {
                    continue;
                }

                errno = ++links > MaxLinks ? Errno.ELOOP : Errno.None;
                var directory = path.AsSpan(0, Math.Max(1, path.AsSpan(0, end).LastIndexOf((byte)'/')));
                return errno != Errno.None ? null
                    : Locate(directory, (byte[])[.. target.AsSpan(0, bytes), .. path.AsSpan(end)], out var next) == Errno.None ? next : null;
            }
        }

        return null;
    }

    private static Errno TryFindOnce(GuestLocation location, bool follow, out HostFile? file, out NamespaceNode? node)
    {
        file = null;
        node = null;
        var errno = location.IsBelowFile ? Errno.ENOTDIR : Errno.ENOENT;
        if (location.IsOwn)
        {
            node = location.MustBeDirectory ? null : location.Node;
            return node is null ? Errno.ENOTDIR : Errno.None;
        }

        if (location.Mapping is { Root: { } root })
        {
            errno = root.TryFind(location.Relative, follow, out file);
        }

        if (errno == Errno.ENOENT && location.Node is { IsPlainDirectory: true })
        {
            node = location.Node;
            return Errno.None;
        }

        return errno;
    }

    /// <summary>Finds the host's directory that holds a place, to change it.</summary>
    /// <param name="location">The place.</param>
    /// <param name="taken">What to say where something of ours is in that place, or it is no name at all.</param>
    /// <param name="directory">The directory, or null on failure.</param>
    /// <returns>EROFS where the guest may change nothing.</returns>
    internal static Errno TryFindParent(GuestLocation location, Errno taken, out HostDirectory? directory)
    {
        directory = null;
        if (location.IsBelowFile)
        {
            return Errno.ENOTDIR;
        }

        if (location.IsMappingRoot || location.Node is not null)
        {
            return taken;
        }

        if (location.EndsWithDots && location.Mapping is { Root: { } mapped })
        {
            var found = mapped.TryFindDirectory(location.Relative, out var itself);
            itself?.Dispose();
            return found == Errno.None ? taken : found;
        }

        if (location.Mapping is null)
        {
            return location.IsParentSynthetic ? Errno.EROFS : Errno.ENOENT;
        }

        var errno = location.Mapping.Root!.TryFindDirectory(location.Parent, out directory);
        if (directory is not null && !location.IsWritable)
        {
            directory.Dispose();
            directory = null;
            return Errno.EROFS;
        }

        return errno == Errno.ENOENT && location.IsParentSynthetic ? Errno.EROFS : errno;
    }

    /// <summary>The names that a host's directory has only in the guest's view; null for none.</summary>
    internal static DirectoryEntries? MountPointsIn(GuestLocation location)
    {
        if (location.Node is null || location.Mapping?.Root is not { } root)
        {
            return null;
        }

        var missing = location.Node.Children.Where(child => child.IsListed && IsMissing(child)).Select(child => child.Entry).ToList();
        return missing.Count > 0 ? new DirectoryEntries(missing) : null;

        bool IsMissing(NamespaceNode child)
        {
            byte[] path = [.. location.Relative.AsSpan(0, location.Relative.Length - 1).TrimEnd((byte)'/'), (byte)'/', .. child.Entry.Name, 0];
            _ = root.TryFind(path.AsSpan().TrimStart((byte)'/'), follow: false, out var found);
            found?.Dispose();
            return found is null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _tree.Dispose();

    private GuestLocation Find(ReadOnlySpan<byte> normalised, bool mustBeDirectory, bool endsWithDots)
    {
        var path = normalised.Length > 1 ? normalised.TrimEnd((byte)'/') : normalised;
        NamespaceNode? node = _tree.Root, parent = null;
        var mapping = node.Root is null ? null : node;
        var (rest, next) = (1, 1);
        while (node is not null && next < path.Length)
        {
            var length = path[next..].IndexOf((byte)'/');
            var end = length < 0 ? path.Length : next + length;
            parent = node;
            node = node[path[next..end]];
            next = Math.Min(end + 1, path.Length);
            if (node?.Root is not null)
            {
                (mapping, rest) = (node, next);
            }
        }

        // What stands at the last node found, when the path goes on behind it.
        var isBelowFile = node is null && parent is { IsPlainDirectory: false, Root: null };
        var relative = path[Math.Min(rest, path.Length)..];
        return new GuestLocation
        {
            Path = path.ToArray(),
            MustBeDirectory = mustBeDirectory,
            EndsWithDots = endsWithDots,
            Mapping = isBelowFile ? null : mapping,
            MappingLength = Math.Min(rest, path.Length),
            Relative = relative.IsEmpty
                ? mustBeDirectory && path.Length > 1 ? "./\0"u8.ToArray() : [0]
                : endsWithDots ? [.. relative, (byte)'/', (byte)'.', 0]
                : mustBeDirectory ? [.. relative, (byte)'/', 0] : [.. relative, 0],
            Node = node,
            IsBelowFile = isBelowFile,
            IsParentSynthetic = parent is { IsPlainDirectory: true } && next >= path.Length,
        };
    }
}
