using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Actors.Specs;

namespace KvmActors.Host.Configuration;

/// <summary>Instances of a VM that differ by nothing but arguments and environment, and so can follow each other in one VM.</summary>
/// <param name="Options">The VM as people would write it for them, with nothing left that stands for something else.</param>
/// <param name="Variants">What each has of its own; empty when they are all alike.</param>
internal sealed record VariantGroup(VmOptions Options, IReadOnlyList<VmVariant> Variants);

/// <summary>Makes of a VM with placeholders and a matrix the instances that it stands for.</summary>
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
        var combinations = ReadMatrix($"{path}:Matrix", options);
        string[] known = [.. Placeholders.OfInstances, .. options.Matrix.Keys];
        var texts = TextsOf(options).Where(text => Placeholders.AreIn(text.Text)).ToList();
        var used = new HashSet<string>();
        foreach (var (key, text) in texts)
        {
            used.UnionWith(Placeholders.Find(text, known, out var problem));
            if (problem is not null)
            {
                problems.Add($"{path}:{key}", problem);
            }
        }

        if (problems.Count > before)
        {
            return [];
        }

        var total = (long)options.Instances * combinations.Count;
        if (options.Matrix.Count == 0 && !used.Overlaps(Placeholders.OfInstances))
        {
            return [new VariantGroup(texts.Count == 0 ? options : Fill(options, _ => ""), [])];
        }

        if (total > VmValidator.MaxInstances)
        {
            problems.Add($"{path}:Matrix", $"{combinations.Count} combinations with {options.Instances} instances each are {total} instances; {VmValidator.MaxInstances} are the most");
            return [];
        }

        return Group(path, options, combinations);
    }

    /// <summary>An instance's number of chance: another for each number, the same in each run, from 0 to 2^31 - 1.</summary>
    /// <param name="seed">The scenario's seed.</param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="number">The instance's number.</param>
    internal static int SeedOf(long seed, string vm, int number)
    {
        // What stands between is turned over and over by steps that each can be undone, so that no two numbers meet:
        // multiplication by an odd number modulo 2^31, and shifts that are XORed (as in murmur3's finalizer).
        const uint Mask = int.MaxValue;
        var start = vm.Aggregate(14695981039346656037UL ^ (ulong)seed, (hash, c) => (hash ^ c) * 1099511628211);
        start = (start ^ (start >> 33)) * 0xff51afd7ed558ccd;
        var value = ((uint)number ^ (uint)(start >> 33)) & Mask;
        for (var round = 0; round < 3; round++)
        {
            value = (value * 0x45d9f3bU) & Mask;
            value ^= value >> 15;
        }

        return (int)value;
    }

    private IReadOnlyList<VariantGroup> Group(string path, VmOptions options, IReadOnlyList<IReadOnlyDictionary<string, string>> combinations)
    {
        var groups = new Dictionary<string, (VmOptions Options, List<VmVariant> Variants)>(StringComparer.Ordinal);
        var number = 0;
        foreach (var matrix in combinations)
        {
            for (var repeat = 0; repeat < options.Instances; repeat++, number++)
            {
                var (own, index) = (matrix, number);
                var filled = Fill(options, name => name switch
                {
                    Placeholders.Index => index.ToString(CultureInfo.InvariantCulture),
                    Placeholders.Name => string.Create(CultureInfo.InvariantCulture, $"{options.Name}-{index}"),
                    Placeholders.Seed => SeedOf(seed, options.Name ?? "", index).ToString(CultureInfo.InvariantCulture),
                    _ => own[name],
                });
                var kind = KindOf(filled);
                if (!groups.TryGetValue(kind, out var group))
                {
                    if (groups.Count == MaxGroups)
                    {
                        problems.Add(path, $"its instances would be more than {MaxGroups} kinds that differ by files, input or program; let them differ by arguments, or lower Instances");
                        return [];
                    }

                    groups.Add(kind, group = (filled, []));
                }

                group.Variants.Add(new VmVariant(index, filled.Args, [.. filled.Env.Select(variable => $"{variable.Key}={variable.Value}")], own));
            }
        }

        return [.. groups.Values.Select(group => new VariantGroup(WithInstances(group.Options, group.Variants.Count), PadAll(group.Variants)))];
    }

    // Everything that a VM which was reset keeps from one instance to the next.
    private static string KindOf(VmOptions options) => string.Join('\0',
        [.. options.Files.SelectMany(file => new[] { file.Guest, file.Host }), options.Stdin, options.Args.FirstOrDefault()]);

    private IReadOnlyList<IReadOnlyDictionary<string, string>> ReadMatrix(string path, VmOptions options)
    {
        List<Dictionary<string, string>> combinations = [[]];
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

            if ((long)combinations.Count * Math.Max(1, values.Count) > VmValidator.MaxInstances)
            {
                problems.Add(path, $"more than {VmValidator.MaxInstances} combinations");
                return combinations;
            }

            combinations = [.. combinations.SelectMany(combination => values.Select(value => new Dictionary<string, string>(combination) { [name] = value }))];
        }

        return combinations;
    }

    private static IEnumerable<(string Key, string Text)> TextsOf(VmOptions options)
    {
        foreach (var (index, argument) in options.Args.Index())
        {
            yield return ($"Args:{index}", argument ?? "");
        }

        foreach (var (name, value) in options.Env)
        {
            yield return ($"Env:{name}", value ?? "");
        }

        foreach (var (index, file) in options.Files.Index())
        {
            yield return ($"Files:{index}:Guest", file.Guest ?? "");
            yield return ($"Files:{index}:Host", file.Host ?? "");
        }

        yield return ("Stdin", options.Stdin ?? "");
    }

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

        string In(string text) => Placeholders.AreIn(text) ? Placeholders.Fill(text, value) : text;
    }

    private static VmOptions WithInstances(VmOptions options, int instances)
    {
        options.Instances = instances;
        return options;
    }

    // On the initial stack all have the same places, so an instance's texts can be put over another's.
    private static List<VmVariant> PadAll(List<VmVariant> variants)
    {
        var (argBytes, envBytes) = (LongestOf(variants, variant => variant.Args), LongestOf(variants, variant => variant.Env));
        return [.. variants.Select(variant => variant with { Args = Pad(variant.Args, argBytes), Env = Pad(variant.Env, envBytes) })];
    }

    private static int[] LongestOf(List<VmVariant> variants, Func<VmVariant, IReadOnlyList<string>> texts) =>
        [.. Enumerable.Range(0, texts(variants[0]).Count).Select(place => variants.Max(variant => Encoding.UTF8.GetByteCount(texts(variant)[place])))];

    private static string[] Pad(IReadOnlyList<string> texts, int[] bytes) =>
        [.. texts.Select((text, place) => text + new string('\0', bytes[place] - Encoding.UTF8.GetByteCount(text)))];

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]*\\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
