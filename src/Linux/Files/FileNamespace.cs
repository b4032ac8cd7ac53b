using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Linux.Files;

/// <summary>What one VM sees: its mappings, a few devices, the directories on the way, and nothing else.</summary>
public sealed class FileNamespace : IDisposable
{
    private readonly NamespaceTree _tree;
    private readonly ILookupRule _rule;
    private readonly PathLookup _lookup;

    private FileNamespace(NamespaceTree tree, ILookupRule rule)
    {
        _tree = tree;
        _rule = rule;
        _lookup = new PathLookup(tree, rule);
    }

    /// <summary>Asked now and then while a path is looked up: whether the guest is to end, and the lookup with it (EINTR).</summary>
    internal Func<bool>? IsStopped
    {
        get => _lookup.IsStopped;
        set
        {
            _lookup.IsStopped = value;
            _tree.Layers.ForEach(layer => layer.IsStopped = value);
        }
    }

    /// <summary>Tells the path of the program that runs, when it is not the one whose name was given.</summary>
    internal Func<byte[]?>? FindProgram
    {
        get => _tree.FindProgram;
        set => _tree.FindProgram = value;
    }

    /// <summary>Tells whether a descriptor is open.</summary>
    internal Func<int, bool>? IsOpen
    {
        get => _tree.IsOpen;
        set => _tree.IsOpen = value;
    }

    /// <summary>Whether what the guest changes of some mappings is kept apart.</summary>
    internal bool HasLayers => _tree.Layers.Count > 0;

    /// <summary>Every mapping: where the guest sees it, and whether it may change it.</summary>
    internal IEnumerable<(byte[] Path, bool IsWritable)> Mounts =>
        _tree.Mappings.Select(found => (found.Path.Length == 0 ? "/"u8.ToArray() : found.Path, found.Mapping.Access != MappingAccess.Read));

    /// <summary>Where a link of the guest's own leads: the program's to the file itself, as on Linux. Null for what is no link.</summary>
    internal byte[]? ReadLink(NamespaceNode node)
    {
        var link = _tree.LinkOf(node);
        if (link is null || !node.IsProgram || Find("/"u8, link, LookupMode.Follow, out var found) != Errno.None)
        {
            return link;
        }

        using (found)
        {
            return found!.Path;
        }
    }

    /// <summary>Opens the root of every mapping, for a program by the name it is called with.</summary>
    /// <param name="mappings">What is mapped.</param>
    /// <param name="program">The program's name; null when there is none.</param>
    /// <param name="sandbox">What the threads that will use it are confined with; null for nothing.</param>
    /// <exception cref="IOException">A host path cannot be opened, or is a directory of the kernel's own.</exception>
    public static FileNamespace Open(IEnumerable<FileMapping> mappings, string? program, ThreadSandbox? sandbox = null) =>
        Open(mappings, program, tree => new LookupRule(tree), sandbox);

    /// <summary>The same with another rule, for tests of what stands behind it.</summary>
    internal static FileNamespace Open(IEnumerable<FileMapping> mappings, string? program, Func<NamespaceTree, ILookupRule> makeRule, ThreadSandbox? sandbox = null)
    {
        var tree = NamespaceTree.Open(mappings, program is null ? null : GuestPath.Absolute(program), sandbox);
        var names = new FileNamespace(tree, makeRule(tree));
        foreach (var (mapping, path) in tree.Mappings)
        {
            names.NoteCovered(mapping, path);
        }

        return names;
    }

    /// <summary>Shows a guest files that are none of the host's; those of the guest before are gone. Call before it begins.</summary>
    public void Provide(IReadOnlyList<ProvidedFile> files) => _tree.Provide(files);

    /// <summary>Begins with a guest: what the last one changed in layers is gone.</summary>
    /// <param name="quotas">What it may use.</param>
    internal void Begin(FileQuotas quotas) => _tree.Layers.ForEach(layer => layer.Begin(quotas));

    /// <summary>Finds what a path leads to.</summary>
    /// <param name="start">The directory it is relative to: absolute.</param>
    /// <param name="path">As the guest wrote it; not empty.</param>
    /// <param name="mode">What is wanted.</param>
    /// <param name="result">Where it leads, to be disposed; null on failure.</param>
    internal Errno Find(ReadOnlySpan<byte> start, ReadOnlySpan<byte> path, LookupMode mode, out LookupResult? result) =>
        _lookup.Find(start, path, mode, out result);

    /// <summary>Opens what was found.</summary>
    /// <param name="found">Where a lookup ended, at a host's object.</param>
    /// <param name="flags">Flags of open(2).</param>
    /// <param name="mode">The permission bits of a temporary file; 0 otherwise.</param>
    /// <param name="file">The open file, or null on failure.</param>
    internal Errno TryOpen(LookupResult found, int flags, uint mode, out HostFile? file) => _rule.TryOpen(found.Host!, flags, mode, out file);

    /// <summary>Finds what has the last name in the directory where a lookup ended.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="host">The host's object, which may be a symbolic link; null for none.</param>
    internal Errno FindEntry(LookupResult parent, out HostNode? host)
    {
        host = null;
        return parent.Host is null ? Errno.ENOENT : _rule.TryStep(parent.Host, parent.PlainName, out host);
    }

    /// <summary>
    /// Whether what has the last name must stay where it is, like a mount point: it is the root of a mapping, or was a directory
    /// above one when that was opened.
    /// </summary>
    internal bool IsPinned(LookupResult parent, out bool isDirectory)
    {
        FindEntry(parent, out var host);
        using (host)
        {
            isDirectory = host is { IsDirectory: true };
            return host is not null && (_tree.FindMappings(host).Length > 0 || _tree.FindCover(host, parent.Mapping) is not null || (isDirectory && _tree.IsAboveMapping(host)));
        }
    }

    /// <summary>The names that a host's directory has only in the guest's view.</summary>
    internal static IReadOnlyList<DirectoryEntry> MountPointsIn(LookupResult directory)
    {
        return directory is { Node: { } node, Host: { IsDirectory: true } }
            ? [.. node.Children.Where(child => child.IsListed && IsMissing(child)).Select(child => child.Entry)] : [];

        bool IsMissing(NamespaceNode child)
        {
            directory.Host!.TryStep((byte[])[.. child.Entry.Name, 0], out var found);
            found?.Dispose();
            return found is null;
        }
    }

    private void NoteCovered(NamespaceNode mapping, byte[] path)
    {
        HostNode? covered = null;
        if (path.Length == 0 || Find("/"u8, path, LookupMode.Parent, out var parent) != Errno.None)
        {
            return;
        }

        using (parent)
        {
            FindEntry(parent!, out covered);
            if (covered is not null && _tree.FindMappings(covered).Length == 0)
            {
                _tree.Cover(mapping, covered, parent!.Mapping!);
                return;
            }
        }

        covered?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _tree.Dispose();
}
