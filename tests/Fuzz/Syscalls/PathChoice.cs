using KvmActors.Fuzz.Tests.Running;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>
/// Paths: of what the world has, of the places where mappings meet, of links that lead from one to another or out, and of names put
/// together. A case has a few of them that come up again and again, or its calls would have nothing to do with each other.
/// </summary>
internal sealed class PathChoice
{
    private const int Favourites = 3;

    private static readonly string[] Starts = ["/rw", "/ro", "/", "", "/rw/ro", "/rw/p", "/alias", "/x", "/ro/in", "/rw/mask", "/abs/w/prog", "/data", "/dev", ".."];

    private static readonly string[] Names =
    [
        "f", "d", "ro", "mask", "p", "deep", "in", "g", "e", "..", "lf", "ld", "lro", "lrod", "lm", "lmd", "lo", "lod", "la", "lad", "lh", "lhd", "lup", "loop",
        "lin", "lprog", "lfd", "llro", "ldev", "lp", "l", "lw", "prog", "pipe", "new", "n2", ".", "", "outside", "secret", "lo", "data", "other", "zero",
    ];

    private static readonly string[] Odd =
        [new('n', 255), new('n', 256), "\u00ff\u0001", "proc", "self", "...", "f/", "a b", string.Concat(Enumerable.Repeat("d/../", 600)), new('/', 300)];

    private readonly string _root;
    private readonly string[] _all;
    private readonly string[] _meetings;
    private readonly string[] _links;
    private readonly string[] _chosen = new string[Favourites];

    public PathChoice(World world)
    {
        _root = world.Folder.Root;

        // A guest that could name what is hidden would make such names itself, and then read them.
        var paths = WorldPlan.Entries.Select(entry => entry.Path).Where(path => !path.Contains(WorldPlan.Canary, StringComparison.Ordinal)).Append(WorldPlan.Program);
        var places = paths.SelectMany(path => GuestPaths(path, world)).ToList();
        _all = [.. places.Select(place => place.Guest)];
        _links = [.. places.Where(place => WorldPlan.Entries.Any(entry => entry.Path == place.Host && entry.Kind == 'l')).Select(place => place.Guest)];
        _meetings = [.. world.Mappings.SelectMany(mapping => GuestPaths(mapping.Host[(_root.Length + 1)..], world)).Select(place => place.Guest).Append("/rw/new")];
    }

    /// <summary>Chooses those that come up again and again.</summary>
    public void Begin(FuzzInput input)
    {
        for (var index = 0; index < Favourites; index++)
        {
            _chosen[index] = input.Next(3) switch
            {
                0 => input.Pick<string>(_all),
                1 => input.Pick<string>(_meetings),
                _ => input.Pick<string>(_links),
            };
        }
    }

    /// <summary>A path.</summary>
    public string Next(FuzzInput input) => input.Next(8) switch
    {
        < 5 => input.Pick<string>(_chosen),
        5 => input.Pick<string>(_all),
        6 => $"{input.Pick<string>(_chosen)}/{input.Pick<string>(Names)}",
        _ => Made(input),
    };

    /// <summary>Where a new link leads.</summary>
    public string Target(FuzzInput input) => input.Next(6) switch
    {
        0 => input.Pick<string>(Names),
        1 => "../" + input.Pick<string>(Names),
        2 => $"{_root}/outside/secret",
        3 => $"../outside/{input.Pick<string>(["secret", "d", "f"])}",
        4 => $"{input.Pick<string>(Names)}/{input.Pick<string>(Names)}",
        _ => Next(input),
    };

    private static string Made(FuzzInput input)
    {
        var path = input.Pick<string>(Starts);
        for (var parts = input.Next(5); parts > 0; parts--)
        {
            path += (path is "" or "/" ? "" : "/") + (input.OneIn(40) ? input.Pick<string>(Odd) : input.Pick<string>(Names));
        }

        return input.OneIn(12) ? path + "/" : path;
    }

    // Through every mapping that holds it.
    private static IEnumerable<(string Guest, string Host)> GuestPaths(string path, World world)
    {
        var host = $"{world.Folder.Root}/{path}";
        return world.Mappings.Where(mapping => host == mapping.Host || host.StartsWith(mapping.Host + "/", StringComparison.Ordinal))
            .Select(mapping => (host == mapping.Host ? mapping.Guest : mapping.Guest.TrimEnd('/') + host[mapping.Host.Length..], path));
    }
}
