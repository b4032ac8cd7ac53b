namespace KvmActors.Layout.Tests;

/// <summary>Who uses whom.</summary>
internal sealed class Graph
{
    private readonly SortedDictionary<string, SortedSet<string>> _uses = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Nodes => _uses.Keys;

    public void AddNode(string node) => _uses.TryAdd(node, new SortedSet<string>(StringComparer.Ordinal));

    /// <summary>Adds an arrow; nobody's to itself means anything.</summary>
    public void Add(string user, string used)
    {
        AddNode(user);
        AddNode(used);
        if (user != used)
        {
            _uses[user].Add(used);
        }
    }

    public IEnumerable<string> UsedBy(string node) => _uses[node];

    /// <summary>A circle, as <c>A → B → A</c>; null when there is none.</summary>
    public string? FindCircle()
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        return _uses.Keys.Select(Follow).FirstOrDefault(circle => circle is not null);

        string? Follow(string node)
        {
            var start = path.IndexOf(node);
            if (start >= 0)
            {
                return string.Join(" → ", path[start..].Append(node));
            }

            if (!done.Add(node))
            {
                return null;
            }

            path.Add(node);
            var circle = _uses[node].Select(Follow).FirstOrDefault(found => found is not null);
            path.RemoveAt(path.Count - 1);
            return circle;
        }
    }
}
