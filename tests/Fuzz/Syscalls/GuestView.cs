using KvmActors.Linux.Files;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>What a path leads to in a guest's view.</summary>
internal enum PlaceKind
{
    /// <summary>Nothing, or an error.</summary>
    Missing,

    /// <summary>Something of the host's.</summary>
    Host,

    /// <summary>A directory on the way to a mapping, or a device: nothing of the host's.</summary>
    Own,

    /// <summary>The model does not say.</summary>
    Unknown,
}

/// <summary>A place in a guest's view.</summary>
/// <param name="Kind">What is there.</param>
/// <param name="Host">Where on the host, below the world; null for nowhere.</param>
/// <param name="Status">What the host says of it.</param>
/// <param name="Right">What may be done with it.</param>
internal readonly record struct Place(PlaceKind Kind, string? Host, HostStatus Status, Right Right);

/// <summary>
/// The model that the product is held against: what a path means to a guest, by the rules of path_resolution(7) with the mappings as
/// mounts, looked up one name after the other in the host's folders as they are at the moment. Rights are those of the mapping whose
/// root was passed last on the host, by inode. It shares nothing with the product.
/// </summary>
internal sealed class GuestView
{
    private const int MaxLinks = 40, MaxName = 255, MaxPath = 4095;

    private static readonly string[] Devices = ["null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr", "fd"];

    private readonly World _world;
    private readonly Node _root = new();

    public GuestView(World world)
    {
        _world = world;
        foreach (var mapping in world.Mappings)
        {
            var node = _root;
            foreach (var name in mapping.Guest.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!node.Children.TryGetValue(name, out var child))
                {
                    node.Children.Add(name, child = new Node());
                }

                node = child;
            }

            node.Host = mapping.Host[(world.Folder.Root.Length + 1)..];
            node.Right = mapping.Access == MappingAccess.ReadWrite ? Right.Write : Right.Read;
        }

        var devices = new Node { IsOwn = true };
        foreach (var device in Devices)
        {
            devices.Children.Add(device, new Node { IsOwn = true, IsLeaf = device != "fd" });
        }

        foreach (var fd in "012")
        {
            devices.Children["fd"].Children.Add(fd.ToString(), new Node { IsOwn = true, IsLeaf = true });
        }

        _root.Children.Add("dev", devices);
    }

    /// <summary>The way to <c>/</c>.</summary>
    public IReadOnlyList<Step> Root => [Enter(_root)];

    /// <summary>Finds out what a path means.</summary>
    /// <param name="start">The way to the directory it is relative to; null when that is not known.</param>
    /// <param name="path">The path.</param>
    /// <param name="follow">Whether a link at the end is followed.</param>
    /// <param name="way">The way there.</param>
    public Place Find(IReadOnlyList<Step>? start, string path, bool follow, out IReadOnlyList<Step>? way)
    {
        way = null;
        if (path.Length is 0 or > MaxPath)
        {
            return default;
        }

        if (path[0] != '/' && (start is null || !IsThere(start[^1])))
        {
            return new Place(PlaceKind.Unknown, null, default, Right.None);
        }

        var steps = new List<Step>(path[0] == '/' ? Root : start!);
        var names = new Stack<string>(path.Split('/').Reverse());
        var mustBeDirectory = path.EndsWith('/');
        for (var links = 0; names.TryPop(out var name);)
        {
            var here = steps[^1];
            if (name.Length == 0 && (names.Count > 0 || !mustBeDirectory))
            {
                continue;
            }

            if (here.Kind == PlaceKind.Unknown)
            {
                return here.Place;
            }

            if (!here.IsDirectory || name.Length > MaxName)
            {
                return default;
            }

            if (name is "." or "")
            {
                continue;
            }

            if (name == "..")
            {
                if (steps.Count > 1)
                {
                    steps.RemoveAt(steps.Count - 1);
                }

                continue;
            }

            var next = Enter(here, name);
            if (next.Kind == PlaceKind.Missing)
            {
                return default;
            }

            if (next.Kind == PlaceKind.Host && next.Status.IsLink && (names.Count > 0 || follow || mustBeDirectory))
            {
                if (++links > MaxLinks)
                {
                    return default;
                }

                var target = _world.Folder.ReadLink(next.Host!);
                if (target.StartsWith('/'))
                {
                    steps = [.. Root];
                }

                // A slash at the end of the text asks for a directory, as one at the end of the path does.
                mustBeDirectory |= names.Count == 0 && target.EndsWith('/');
                foreach (var part in target.Split('/').Reverse())
                {
                    names.Push(part);
                }

                continue;
            }

            steps.Add(next);
        }

        var end = steps[^1];
        if (mustBeDirectory && end.Kind != PlaceKind.Unknown && !end.IsDirectory)
        {
            return default;
        }

        way = steps;
        return end.Place;
    }

    // Whether a directory found before is still where it was found.
    private bool IsThere(Step step) => step.Host is null || _world.Folder.Status(step.Host).Inode == step.Status.Inode;

    private Step Enter(Node node)
    {
        if (node.Host is null)
        {
            return new Step(PlaceKind.Own, null, node, default, Right.None);
        }

        // The root of a mapping is what was there when it was opened.
        var status = _world.Folder.Status(node.Host);
        return status.Exists && _world.Rights.ContainsKey(status.Inode)
            ? new Step(PlaceKind.Host, node.Host, node, status, node.Right)
            : new Step(PlaceKind.Unknown, null, node, default, Right.None);
    }

    private Step Enter(in Step here, string name)
    {
        Node? node = null;
        here.Node?.Children.TryGetValue(name, out node);
        if (node is { Host: not null } or { IsOwn: true })
        {
            return Enter(node);
        }

        if (here.Host is null)
        {
            return node is null ? default : Enter(node);
        }

        var host = $"{here.Host}/{name}";
        var status = _world.Folder.Status(host);
        if (node is not null)
        {
            // On the way to a mapping there has to be a directory; what is when a guest takes it away is not said here.
            return status.IsDirectory ? new Step(PlaceKind.Host, host, node, status, RightOf(status, here.Right))
                : status.Exists || WorldPlan.Entries.Any(entry => entry.Path == host) ? new Step(PlaceKind.Unknown, null, node, default, Right.None) : Enter(node);
        }

        return status.Exists ? new Step(PlaceKind.Host, host, null, status, RightOf(status, here.Right)) : default;
    }

    private Right RightOf(in HostStatus status, Right above) =>
        _world.Rights.TryGetValue(status.Inode, out var right) ? right : above;

    /// <summary>A directory on the way, or what is at its end.</summary>
    internal readonly record struct Step(PlaceKind Kind, string? Host, Node? Node, HostStatus Status, Right Right)
    {
        public bool IsDirectory => Kind == PlaceKind.Own ? Node is { IsLeaf: false } : Status.IsDirectory;

        public Place Place => new(Kind, Host, Status, Right);
    }

    /// <summary>A place in the guest's tree: the root of a mapping, a directory on the way to one, or a device.</summary>
    internal sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public string? Host { get; set; }

        public Right Right { get; set; }

        public bool IsOwn { get; init; }

        public bool IsLeaf { get; init; }
    }
}
