using System.Text.RegularExpressions;
using KvmActors.Actors.Specs;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Configuration;

/// <summary>Instances of a VM that differ by nothing but arguments and environment, and so can follow each other in one VM.</summary>
/// <param name="Options">The VM as people would write it for the first of them, with nothing left that stands for something else.</param>
/// <param name="Variants">What each has of its own; empty when they are all alike.</param>
internal sealed record VariantGroup(VmOptions Options, IReadOnlyList<VmVariant> Variants);

/// <summary>
/// Makes of a VM with placeholders and a matrix the instances that it stands for. However many these are, it takes no more memory
/// than what people wrote, until somebody wants to know of one.
/// </summary>
/// <param name="problems">Receives what is wrong.</param>
/// <param name="seed">The scenario's seed.</param>
internal sealed partial class VariantPlanner(Problems problems, long seed)
{
    private const int MaxGroups = 10_000;

    /// <summary>Plans the instances.</summary>
    /// <param name="path">The VM's key.</param>
    /// <param name="options">What people wrote.</param>
    /// <returns>The groups; empty when something is wrong.</returns>
    public IReadOnlyList<VariantGroup> Plan(string path, VmOptions options)
    {
        var before = problems.Count;
        CheckMatrix($"{path}:Matrix", options);
        string[] known = [.. Placeholders.OfInstances, .. options.Matrix.Keys];
        var used = Find(path, WordsOf(options), known);
        var ofKinds = Find(path, KindsOf(options), known);
        if (problems.Count > before)
        {
            return [];
        }

        if (options.Matrix.Count == 0 && !used.Concat(ofKinds).Intersect(Placeholders.OfInstances).Any())
        {
            return [new VariantGroup(Fill(options, _ => ""), [])];
        }

        var space = new InstanceSpace(options, seed);
        if (space.Count > Bounds.MaxInstances)
        {
            problems.Add($"{path}:Matrix", $"its combinations with {options.Instances} instances each are {space.Count} instances; {Bounds.MaxInstances} are the most");
            return [];
        }

        // What a VM that was reset keeps from one instance to the next must be the same for all that follow each other in it.
        var kinds = ofKinds.Overlaps(Placeholders.OfInstances) ? space.Count : space.CountOf(ofKinds);
        if (kinds > MaxGroups)
        {
            problems.Add(path, $"its instances are {kinds} kinds that differ by files, input or program; {MaxGroups} are the most: let them differ by arguments, or lower Instances");
            return [];
        }

        var groups = new List<VariantGroup>();
        foreach (var numbers in Group(space, (int)kinds, ofKinds))
        {
            var first = Fill(options, name => space.ValueOf(name, numbers[0]));
            first.Instances = numbers.Count;
            groups.Add(new VariantGroup(first, new VariantList(options, space, numbers)));
        }

        return groups;
    }

    private static IEnumerable<IReadOnlyList<int>> Group(InstanceSpace space, int kinds, HashSet<string> ofKinds) => kinds == 1
        ? [new Numbers((int)space.Count)]
        : kinds == space.Count ? Enumerable.Range(0, kinds).Select(number => (IReadOnlyList<int>)[number])
        : Enumerable.Range(0, (int)space.Count).GroupBy(number => string.Join('\0', ofKinds.Select(name => space.ValueOf(name, number))))
            .Select(group => (IReadOnlyList<int>)[.. group]);

    private HashSet<string> Find(string path, IEnumerable<(string Key, string Text)> texts, string[] known)
    {
        var used = new HashSet<string>();
        foreach (var (key, text) in texts.Where(text => Placeholders.AreIn(text.Text)))
        {
            used.UnionWith(Placeholders.Find(text, known, out var problem));
            if (problem is not null)
            {
                problems.Add($"{path}:{key}", problem);
            }
        }

        return used;
    }

    private void CheckMatrix(string path, VmOptions options)
    {
        foreach (var (name, values) in options.Matrix)
        {
            if (!NamePattern().IsMatch(name) || Placeholders.OfInstances.Contains(name))
            {
                problems.Add($"{path}:{name}", $"a name is letters, digits, '_' and '-', begins with a letter, and is none of {string.Join(", ", Placeholders.OfInstances)}");
            }

            if (values.Count == 0)
            {
                problems.Add($"{path}:{name}", "there is no value in it");
            }

            if (values.FindIndex(value => value.Contains('\0', StringComparison.Ordinal)) is var bad and >= 0)
            {
                problems.Add($"{path}:{name}:{bad}", "a value cannot contain NUL");
            }
        }
    }

    // What instances that follow each other in one VM may have of their own.
    private static IEnumerable<(string Key, string Text)> WordsOf(VmOptions options) =>
    [
        .. options.Args.Skip(1).Select((argument, index) => ($"Args:{index + 1}", argument)),
        .. options.Env.Select(variable => ($"Env:{variable.Key}", variable.Value)),
    ];

    // And what not.
    private static IEnumerable<(string Key, string Text)> KindsOf(VmOptions options) =>
    [
        .. options.Args.Take(1).Select(program => ("Args:0", program)),
        .. options.Files.SelectMany((file, index) => new[] { ($"Files:{index}:Guest", file.Guest ?? ""), ($"Files:{index}:Host", file.Host ?? "") }),
        ("Stdin", options.Stdin ?? ""),
    ];

    private static VmOptions Fill(VmOptions options, Func<string, string> value)
    {
        var filled = options.Clone();
        filled.Matrix = [];
        filled.Args = [.. options.Args.Select(In)];
        filled.Env = options.Env.ToDictionary(variable => variable.Key, variable => In(variable.Value));
        filled.Files = [.. options.Files.Select(file => new FileOptions
        {
            Guest = file.Guest is null ? null : In(file.Guest),
            Host = file.Host is null ? null : In(file.Host),
            Access = file.Access,
        })];
        filled.Stdin = options.Stdin is null ? null : In(options.Stdin);
        return filled;

        string In(string text) => Placeholders.Fill(text, value);
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]*\\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    // 0, 1, … without a place for each.
    private sealed class Numbers(int count) : IReadOnlyList<int>
    {
        public int Count => count;

        public int this[int index] => index;

        public IEnumerator<int> GetEnumerator() => Enumerable.Range(0, count).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
