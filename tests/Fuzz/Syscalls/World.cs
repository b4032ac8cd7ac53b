using System.Globalization;
using KvmActors.Linux.Files;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>
/// The files of the host that a guest is let loose on, for one way to map them: found changed where they must not be, and put back
/// before the next case where they may. Everything is held by a descriptor, so it is found wherever a guest moves it.
/// </summary>
internal sealed class World : IDisposable
{
    private const string Stage = "stage";

    private static int s_count;

    private readonly HostFolder _folder;
    private readonly List<Item> _items = [];
    private readonly List<string> _roots;
    private readonly HashSet<string> _paths = [.. WorldPlan.Entries.Select(entry => entry.Path)];
    private bool _isChanged;

    public World(int set)
    {
        var place = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _folder = new HostFolder(string.Create(CultureInfo.InvariantCulture, $"{place}/kvmactors-fuzz-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}"));
        Mappings = WorldPlan.Mappings(_folder.Root)[set];
        foreach (var entry in WorldPlan.Entries)
        {
            Make(entry);
            _items.Add(new Item(entry, WorldPlan.RightTo(entry.Path, _folder.Root, Mappings)));
        }

        _folder.MakeFolder(Stage);
        _folder.MakeHardLink(WorldPlan.Kept, WorldPlan.Program);
        _items.Find(item => item.Entry.Path == WorldPlan.Kept)!.Right = Right.Read;
        _roots = [.. Mappings.Select(mapping => mapping.Host[(_folder.Root.Length + 1)..])];
        foreach (var item in _items)
        {
            item.IsKept = item is { Entry.Kind: 'd', Right: not Right.Write } && RightOf(Parent(item.Entry.Path)) == Right.Write;
            item.Fd = _folder.Find(item.Entry.Path);
            item.Before = _folder.Status(item.Fd);
        }

        Hidden = _items.Where(item => item.Right == Right.None).Select(item => item.Before.Inode).ToHashSet();
        Rights = _items.Where(item => _roots.Contains(item.Entry.Path) || item.Entry.Path == WorldPlan.Kept)
            .ToDictionary(item => item.Before.Inode, item => item.Right);
    }

    public HostFolder Folder => _folder;

    /// <summary>What the guest sees of it.</summary>
    public IReadOnlyList<FileMapping> Mappings { get; }

    /// <summary>The inodes of what it must never see.</summary>
    public IReadOnlySet<ulong> Hidden { get; }

    /// <summary>What may be done below the root of each mapping, by its inode.</summary>
    public IReadOnlyDictionary<ulong, Right> Rights { get; }

    /// <summary>Says what has been changed that must not be; null for nothing.</summary>
    public string? FindChange()
    {
        foreach (var item in _items)
        {
            var now = _folder.Status(item.Fd);
            if (now == item.Before)
            {
                continue;
            }

            _isChanged = true;

            // The name of a mapping's root belongs to the folder it is in, which may be another mapping's.
            if (item.Right != Right.Write && (!HasFreeName(item) || now with { Changed = item.Before.Changed, Links = item.Before.Links } != item.Before))
            {
                return $"{item.Entry.Path}, where a guest may {(item.Right == Right.Read ? "only read" : "do nothing")}, was {item.Before} and is {now}";
            }
        }

        return null;
    }

    /// <summary>Puts everything back; behind <see cref="FindChange"/>.</summary>
    public void Reset()
    {
        if (!_isChanged)
        {
            return;
        }

        _isChanged = false;
        foreach (var item in _items.Where(item => item.IsKept && _folder.Status(item.Entry.Path).Inode != item.Before.Inode))
        {
            // Out of the way, from wherever it is now.
            var path = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{item.Fd}")).LinkTarget!;
            _folder.Rename(path[(_folder.Root.Length + 1)..], StageOf(item));
        }

        foreach (var item in _items)
        {
            if (item.IsKept && _folder.Status(item.Entry.Path).Inode != item.Before.Inode)
            {
                _folder.Rename(StageOf(item), item.Entry.Path);
            }
            else if (item.Right == Right.Write)
            {
                PutBack(item);
            }
        }

        if (_folder.Status(WorldPlan.Program).Inode != _folder.Status(WorldPlan.Kept).Inode)
        {
            _folder.MakeHardLink(WorldPlan.Kept, WorldPlan.Program);
        }

        foreach (var item in _items)
        {
            item.Before = _folder.Status(item.Fd);
        }
    }

    private void PutBack(Item item)
    {
        var path = item.Entry.Path;
        var now = _folder.Status(path);
        if (now != item.Before && (item.Entry.Kind != 'd' || now.Inode != item.Before.Inode))
        {
            // The root of a mapping stays what it is; its content does not.
            if (now.Exists && !_roots.Contains(path))
            {
                _folder.Remove(path);
            }

            Make(item.Entry);
            HostFolder.CloseDescriptor(item.Fd);
            item.Fd = _folder.Find(path);
        }

        if (now != item.Before)
        {
            _folder.ResetOwner(path, item.Entry.Kind);
        }

        if (item.Entry.Kind == 'd')
        {
            foreach (var name in _folder.List(path).Where(name => !IsExpected($"{path}/{name}")))
            {
                _folder.Remove($"{path}/{name}");
            }
        }
    }

    // Something of the plan, or the name of the file that is mapped by itself, if it is that.
    private bool IsExpected(string path) =>
        _paths.Contains(path) || (path == WorldPlan.Program && _folder.Status(path).Inode == _folder.Status(WorldPlan.Kept).Inode);

    private static string StageOf(Item item) => $"{Stage}/{item.Entry.Path.Replace('/', '-')}";

    public void Dispose()
    {
        foreach (var item in _items)
        {
            HostFolder.CloseDescriptor(item.Fd);
        }

        _folder.Dispose();
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "";

    // Mapped in one place, and reached through another mapping in another.
    private bool HasFreeName(Item item) => item.Entry.Path == WorldPlan.Kept
        || (item.IsKept && Mappings.Any(mapping => mapping.Guest == "/alias" && mapping.Host == $"{_folder.Root}/{item.Entry.Path}"));

    private Right RightOf(string path) => _items.Find(item => item.Entry.Path == path)?.Right ?? Right.None;

    private void Make(WorldEntry entry)
    {
        switch (entry.Kind)
        {
            case 'd':
                _folder.MakeFolder(entry.Path);
                break;
            case 'f':
                _folder.MakeFile(entry.Path, entry.Content);
                break;
            case 'p':
                _folder.MakePipe(entry.Path);
                break;
            default:
                _folder.MakeLink(entry.Path, entry.Content.Replace("{root}", _folder.Root, StringComparison.Ordinal));
                break;
        }
    }

    private sealed class Item(WorldEntry entry, Right right)
    {
        public WorldEntry Entry { get; } = entry;

        public Right Right { get; set; } = right;

        // Inside a folder that a guest may change, but not to be changed itself.
        public bool IsKept { get; set; }

        public int Fd { get; set; }

        public HostStatus Before { get; set; }
    }
}
