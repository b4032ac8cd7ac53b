using System.Globalization;
using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Linux.Files;

/// <summary>The tree of <see cref="NamespaceNode"/>s of one VM.</summary>
internal sealed class NamespaceTree : IDisposable
{
    private const int Descriptors = 3;
    private const ulong DescriptorInodes = 1 << 20;

    private static readonly string[] Streams = ["stdin", "stdout", "stderr"];

    private static readonly (string Path, ProcFile File)[] ProcFiles =
    [
        ("/proc/self/cmdline", ProcFile.CommandLine), ("/proc/self/maps", ProcFile.Maps), ("/proc/self/mounts", ProcFile.Mounts),
        ("/proc/self/stat", ProcFile.Stat), ("/proc/self/status", ProcFile.Status), ("/proc/cpuinfo", ProcFile.Processors),
        ("/proc/meminfo", ProcFile.Memory),
    ];

    private readonly Dictionary<HostIdentity, NamespaceNode[]> _mappings = [];
    private readonly Dictionary<(HostIdentity Object, NamespaceNode Mapping), NamespaceNode> _covers = [];
    private readonly HashSet<HostIdentity> _above = [];
    private readonly HashSet<ulong> _readOnlyDevices = [];
    private readonly List<(NamespaceNode Parent, string Name, NamespaceNode? Before)> _provided = [];
    private readonly LayerStore _store;
    private ulong _inodes = 1;

    private NamespaceTree(byte[]? program, ThreadSandbox? sandbox)
    {
        _store = new LayerStore(sandbox);
        Root = new NamespaceNode("", _inodes++);
        AddDevices();
        if (program is not null)
        {
            // Not listed: without them there would be nothing. Of /sys there is but an empty directory.
            Add("/proc/self/exe", name => new NamespaceNode(name, _inodes++) { Link = program, IsProgram = true });
            Add("/proc/mounts", name => new NamespaceNode(name, _inodes++) { Link = "self/mounts"u8.ToArray() });
            foreach (var (path, file) in ProcFiles)
            {
                Add(path, name => new NamespaceNode(name, _inodes++) { Proc = file });
            }

            // Behind all others, for each of its own has one.
            Add("/proc/self/fd", name => new NamespaceNode(name, DescriptorInodes) { HoldsDescriptors = true });
            Add("/sys", name => new NamespaceNode(name, _inodes++));
            Root["proc"u8]!.IsListed = false;
            Root["sys"u8]!.IsListed = false;
        }
    }

    /// <summary>Opens the root of every mapping.</summary>
    /// <param name="mappings">What is mapped; of two at one place, the first counts.</param>
    /// <param name="program">The guest's program, absolute; null when it has none.</param>
    /// <param name="sandbox">What the threads that will use it are confined with; null for nothing.</param>
    /// <exception cref="IOException">A host path cannot be opened.</exception>
    public static NamespaceTree Open(IEnumerable<FileMapping> mappings, byte[]? program, ThreadSandbox? sandbox = null)
    {
        var tree = new NamespaceTree(program, sandbox);
        try
        {
            foreach (var mapping in mappings)
            {
                tree.Map(mapping, sandbox);
            }

            tree.NoteNesting();
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <summary>Puts files there that are none of the host's; of two at one place, the last counts.</summary>
    /// <param name="files">The files. Those of the last time are gone.</param>
    public void Provide(IReadOnlyList<ProvidedFile> files)
    {
        foreach (var (parent, name, before) in _provided)
        {
            parent.Remove(name);
            if (before is not null)
            {
                parent.Add(before);
            }
        }

        _provided.Clear();
        foreach (var file in files)
        {
            var path = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(file.Guest)).Trim('/');
            var end = path.LastIndexOf('/');
            var parent = end < 0 ? Root : Add(path[..end], name => new NamespaceNode(name, _inodes++));
            var leaf = path[(end + 1)..];
            _provided.Add((parent, leaf, parent[Encoding.Latin1.GetBytes(leaf)]));
            parent.Add(new NamespaceNode(leaf, _inodes++) { Provided = file });
        }
    }

    /// <summary>Tells the path of the program that runs; null, or the answer null, for the one the tree was made with.</summary>
    public Func<byte[]?>? FindProgram { get; set; }

    /// <summary>Tells whether a descriptor is open; null for none.</summary>
    public Func<int, bool>? IsOpen { get; set; }

    /// <summary>The layers of the mappings whose changes are kept apart.</summary>
    public List<OverlayLayer> Layers { get; } = [];

    /// <summary>What <c>/</c> is.</summary>
    public NamespaceNode Root { get; }

    /// <summary>The mappings whose root an object is; mostly none.</summary>
    public ReadOnlySpan<NamespaceNode> FindMappings(HostNode node) => _mappings.GetValueOrDefault(node.Identity);

    /// <summary>The mapping that lies over an object, as a mount does: whatever path within the same mapping leads there. Null for none.</summary>
    public NamespaceNode? FindCover(HostNode node, NamespaceNode? mapping) =>
        _covers.Count > 0 && mapping is not null ? _covers.GetValueOrDefault((node.Identity, mapping)) : null;

    /// <summary>Notes what a mapping lies over.</summary>
    /// <param name="node">The mapping.</param>
    /// <param name="covered">What is under it, which is held from now on.</param>
    /// <param name="above">The mapping that has it.</param>
    public void Cover(NamespaceNode node, HostNode covered, NamespaceNode above)
    {
        node.Covered = covered;
        above.HoldsOthers = true;
        _covers[(covered.Identity, above)] = node;
    }

    /// <summary>
    /// Whether whatever a path passes on a file system below a mapping has that mapping's right: no other mapping's root was below it
    /// when that was opened, and none that allows less can come to be there, whoever moves it.
    /// </summary>
    public bool IsOfOneRight(NamespaceNode mapping, ulong device) => !mapping.HoldsOthers
        && (mapping.Access == MappingAccess.Read || !_readOnlyDevices.Contains(device));

    /// <summary>Every mapping, and where the guest sees it.</summary>
    public IEnumerable<(NamespaceNode Mapping, byte[] Path)> Mappings => Below(Root, []);

    /// <summary>Whether a directory was above the root of a mapping on the host when that was opened.</summary>
    public bool IsAboveMapping(HostNode directory) => _above.Contains(directory.Identity);

    /// <summary>Where a link of the tree's own leads; null for what is none.</summary>
    public byte[]? LinkOf(NamespaceNode node) => (node.IsProgram ? FindProgram?.Invoke() : null) ?? node.Link;

    /// <inheritdoc/>
    public void Dispose()
    {
        Layers.ForEach(layer => layer.Dispose());
        Dispose(Root);
        _store.Dispose();
    }

    private static void Dispose(NamespaceNode node)
    {
        node.Root?.Dispose();
        node.Covered?.Dispose();
        foreach (var child in node.Children)
        {
            Dispose(child);
        }
    }

    private static IEnumerable<(NamespaceNode Mapping, byte[] Path)> Below(NamespaceNode node, byte[] path)
    {
        if (node.Root is not null)
        {
            yield return (node, path);
        }

        foreach (var found in node.Children.SelectMany(child => Below(child, [.. path, (byte)'/', .. child.Entry.Name])))
        {
            yield return found;
        }
    }

    private void AddDevices()
    {
        AddDevice("null", DeviceKind.Null);
        AddDevice("zero", DeviceKind.Zero);
        AddDevice("full", DeviceKind.Full);
        AddDevice("random", DeviceKind.Random);
        AddDevice("urandom", DeviceKind.Random);
        AddDevice("tty", DeviceKind.Terminal);
        foreach (var (fd, name) in Streams.Index())
        {
            Add($"/dev/{name}", leaf => new NamespaceNode(leaf, _inodes++) { Descriptor = fd });
        }

        for (var fd = 0; fd < Descriptors; fd++)
        {
            var number = fd;
            Add(string.Create(CultureInfo.InvariantCulture, $"/dev/fd/{fd}"), leaf => new NamespaceNode(leaf, _inodes++) { Descriptor = number });
        }

        void AddDevice(string name, DeviceKind kind) => Add($"/dev/{name}", leaf => new NamespaceNode(leaf, _inodes++) { Device = kind });
    }

    private void Map(FileMapping mapping, ThreadSandbox? sandbox)
    {
        HostNode? root;
        var errno = sandbox is null ? HostNode.TryFind(mapping.Host, out root) : sandbox.TryFind(mapping.Sandboxed, out root);
        if (root is null)
        {
            throw new IOException($"cannot map {mapping.Host} to {mapping.Guest}: {errno.Describe()}");
        }

        if (root.IsDirectory && KernelFileSystems.Hold(root))
        {
            root.Dispose();
            throw new IOException($"cannot map {mapping.Host} to {mapping.Guest}: it is in a file system of the kernel's own, which would show the host itself; map single files of it");
        }

        // In UTF-8, as the host's own paths, one character for each byte.
        var path = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(mapping.Guest));
        var node = path.Trim('/').Length == 0 ? Root : Add(path, name => new NamespaceNode(name, _inodes++), replaceBuiltIn: true);
        if (node.Root is not null)
        {
            root.Dispose();
            return;
        }

        if (mapping.Access == MappingAccess.Overlay)
        {
            var over = OverlayLayer.Over(root, _store);
            Layers.Add(over.Layer);
            root = over;
        }

        (node.Root, node.Access) = (root, mapping.Access);
        _mappings[root.Identity] = [.. _mappings.GetValueOrDefault(root.Identity) ?? [], node];
        NoteAbove(root);
    }

    private void NoteNesting()
    {
        foreach (var node in Mappings.Select(found => found.Mapping))
        {
            node.HoldsOthers = _above.Contains(node.Root!.Identity);
            if (node is { Access: MappingAccess.Read, Root.IsDirectory: true })
            {
                _readOnlyDevices.Add(node.Root.Identity.Device);
            }
        }
    }

    // Once, before any guest: none can move such a directory later, and what a sandbox shows of the host may begin at the root.
    private void NoteAbove(HostNode root)
    {
        HostNode? folder = null;
        var at = root;
        if (!root.IsDirectory && (!root.TryGetPath(out var path) || HostNode.TryFind(Path.GetDirectoryName(path)!, out folder) != Errno.None))
        {
            return;
        }

        if (folder is not null)
        {
            _above.Add(folder.Identity);
            at = folder;
        }

        HostNode? up;
        while (at.TryStepUp(out up) == Errno.None && up!.Identity != at.Identity)
        {
            Close(at);
            _above.Add(up.Identity);
            at = up;
        }

        up?.Dispose();
        Close(at);

        void Close(HostNode node)
        {
            if (node != root)
            {
                node.Dispose();
            }
        }
    }

    private NamespaceNode Add(string path, Func<string, NamespaceNode> makeLeaf, bool replaceBuiltIn = false)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var node = Root;
        foreach (var (index, name) in names.Index())
        {
            var child = node[Encoding.Latin1.GetBytes(name)];
            var isLeaf = index == names.Length - 1;
            if (child is null || (replaceBuiltIn && child.Root is null && !child.IsPlainDirectory))
            {
                child = isLeaf ? makeLeaf(name) : new NamespaceNode(name, _inodes++);
                node.Add(child);
            }

            child.IsListed |= replaceBuiltIn;
            node = child;
        }

        return node;
    }
}
