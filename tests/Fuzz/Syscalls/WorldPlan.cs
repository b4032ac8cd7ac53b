using KvmActors.Linux.Files;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>What a guest may do with something of the world.</summary>
internal enum Right
{
    /// <summary>Nothing: no mapping leads there.</summary>
    None,

    /// <summary>Read it.</summary>
    Read,

    /// <summary>Change it, too.</summary>
    Write,
}

/// <summary>Something of the world at the beginning of each case.</summary>
/// <param name="Path">Where, below the world.</param>
/// <param name="Kind">d for a folder, f for a file, l for a symbolic link, p for a named pipe.</param>
/// <param name="Content">What the file holds, or where the link leads.</param>
internal sealed record WorldEntry(string Path, char Kind, string Content = "");

/// <summary>The files of the world, and the ways to map them.</summary>
internal static class WorldPlan
{
    /// <summary>Holds everything that no guest may read.</summary>
    public const string Canary = "HIDDEN!!";

    /// <summary>Another name of what is mapped as a file, where no guest comes: it is put back from here.</summary>
    public const string Kept = "keep/prog";

    /// <summary>The file that is mapped by itself, inside a folder that is mapped, too.</summary>
    public const string Program = "rw/prog";

    /// <summary>All of it, folders before what is in them. "{root}" is the world's own path.</summary>
    public static IReadOnlyList<WorldEntry> Entries { get; } =
    [
        new("rw", 'd'), new("rw/f", 'f', "f"), new("rw/d", 'd'), new("rw/d/g", 'f', "g"), new("rw/d/e", 'd'), new("rw/d/e/h", 'f', "h"),
        new("rw/ro", 'd'), new("rw/ro/f", 'f', "ro f"), new("rw/ro/d", 'd'), new("rw/ro/d/g", 'f', "ro g"), new("rw/ro/l", 'l', "../f"),
        new("rw/mask", 'd'), new("rw/mask/f", 'f', Canary), new("rw/mask/d", 'd'), new($"rw/mask/d/{Canary}", 'f', Canary), new("rw/mask/l", 'l', Canary),
        new("rw/p", 'd'), new("rw/p/f", 'f', "p f"), new("rw/p/deep", 'd'), new("rw/p/deep/f", 'f', "deep f"), new("rw/p/deep/l", 'l', "../f"),
        new("rw/pipe", 'p'),
        new("rw/lf", 'l', "f"), new("rw/ld", 'l', "d"), new("rw/lro", 'l', "ro/f"), new("rw/lrod", 'l', "ro"),
        new("rw/lm", 'l', "mask/f"), new("rw/lmd", 'l', "mask"), new("rw/lo", 'l', "../outside/secret"), new("rw/lod", 'l', "../outside"),
        new("rw/la", 'l', "/ro/f"), new("rw/lad", 'l', "/ro"), new("rw/lh", 'l', "{root}/outside/secret"), new("rw/lhd", 'l', "{root}/outside"),
        new("rw/lup", 'l', ".."), new("rw/loop", 'l', "loop"), new("rw/lin", 'l', "/ro/in"), new("rw/lprog", 'l', "prog"), new("rw/lfd", 'l', "/proc/self/fd/3"),
        new("rw/llro", 'l', "lad/f"), new("rw/ldev", 'l', "/dev/zero"), new("rw/d/lp", 'l', "../p/deep"),
        new("other", 'd'), new("other/f", 'f', "other f"), new("other/d", 'd'), new("other/lo", 'l', "../outside/secret"), new("other/lro", 'l', "../ro/f"),
        new("ro", 'd'), new("ro/f", 'f', "f of ro"), new("ro/d", 'd'), new("ro/d/g", 'f', "g of ro"), new("ro/lw", 'l', "/rw/f"),
        new("ro/lo", 'l', "../outside/secret"), new("ro/lin", 'l', "in/f"), new("ro/ld", 'l', "d"),
        new("ro/in", 'd'), new("ro/in/f", 'f', "in f"), new("ro/in/lro", 'l', "../f"), new("ro/in/d", 'd'),
        new("data", 'f', "data"),
        new("outside", 'd'), new("outside/secret", 'f', Canary), new("outside/d", 'd'), new($"outside/d/{Canary}", 'f', Canary), new("outside/f", 'f', Canary),
        new("keep", 'd'), new(Kept, 'f', "prog"),
    ];

    /// <summary>The ways to map it, by name.</summary>
    public static IReadOnlyList<IReadOnlyList<FileMapping>> Mappings(string root) => [.. Templates.Select(set => (IReadOnlyList<FileMapping>)[.. set.Select(mapping => mapping with { Host = mapping.Host.Replace("{root}", root, StringComparison.Ordinal) })])];

    private static FileMapping[][] Templates { get; } =
    [
        [
            Map("/rw", "rw", write: true), Map("/rw/ro", "rw/ro"), Map("/rw/mask", "other", write: true), Map("/rw/p/deep", "rw/p/deep"),
            Map("/ro", "ro"), Map("/ro/in", "ro/in", write: true), Map("/data", "data", write: true), Map("/abs/w/prog", Program),
        ],
        [
            Map("/rw", "rw", write: true), Map("/rw/ro", "rw/ro"), Map("/rw/mask", "other"), Map("/rw/p/deep", "rw/p/deep"),
            Map("/ro", "ro"), Map("/ro/in", "ro/in", write: true), Map("/alias", "rw/d"), Map("/data", "data"), Map("/abs/w/prog", Program),
        ],
        [
            Map("/", "rw", write: true), Map("/ro", "rw/ro"), Map("/mask", "other", write: true), Map("/p/deep", "rw/p/deep"),
            Map("/x", "ro"), Map("/x/in", "ro/in", write: true), Map("/abs/w/prog", Program),
        ],
    ];

    /// <summary>What a guest with these mappings may do with something of the plan, wherever it finds it.</summary>
    public static Right RightTo(string path, string root, IReadOnlyList<FileMapping> mappings)
    {
        // Another folder is mapped in its place.
        if (path == "rw/mask" || path.StartsWith("rw/mask/", StringComparison.Ordinal))
        {
            return Right.None;
        }

        var host = $"{root}/{path}";
        var best = mappings.Where(mapping => host == mapping.Host || host.StartsWith(mapping.Host + "/", StringComparison.Ordinal)).MaxBy(mapping => mapping.Host.Length);
        return best is null ? Right.None : best.Access == MappingAccess.ReadWrite ? Right.Write : Right.Read;
    }

    // {root} is put in by whoever knows it.
    private static FileMapping Map(string guest, string host, bool write = false) =>
        new(guest, "{root}/" + host, write ? MappingAccess.ReadWrite : MappingAccess.Read);
}
