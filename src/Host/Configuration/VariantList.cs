using System.Collections;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Configuration;

/// <summary>What instances have of their own, made when somebody asks.</summary>
internal sealed class VariantList : IReadOnlyList<VmVariant>
{
    private readonly InstanceSpace _space;
    private readonly IReadOnlyList<int> _numbers;
    private readonly string[] _args;
    private readonly string[] _env;
    private readonly int[] _argBytes;
    private readonly int[] _envBytes;

    /// <summary>Makes the list.</summary>
    /// <param name="options">The VM as people wrote it, with its placeholders.</param>
    /// <param name="space">All of its instances.</param>
    /// <param name="numbers">Those of this list.</param>
    public VariantList(VmOptions options, InstanceSpace space, IReadOnlyList<int> numbers)
    {
        (_space, _numbers) = (space, numbers);
        _args = [.. options.Args];
        _env = [.. options.Env.Select(variable => $"{Escape(variable.Key)}={variable.Value}")];
        _argBytes = [.. _args.Select(LongestOf)];
        _envBytes = [.. _env.Select(LongestOf)];

        // The program is the same for all of the list.
        if (_argBytes.Length > 0)
        {
            _argBytes[0] = 0;
        }
    }

    /// <inheritdoc/>
    public int Count => _numbers.Count;

    /// <inheritdoc/>
    public VmVariant this[int index]
    {
        get
        {
            var number = _numbers[index];
            return new VmVariant(number, Fill(_args, _argBytes, number), Fill(_env, _envBytes, number), _space.MatrixOf(number));
        }
    }

    /// <inheritdoc/>
    public IEnumerator<VmVariant> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // A variable's name is no place for placeholders.
    private static string Escape(string name) => name.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    private int LongestOf(string text)
    {
        var names = new List<string>();
        var rest = Placeholders.Fill(text, name =>
        {
            names.Add(name);
            return "";
        });
        return NativeText.GetByteCount(rest) + names.Sum(_space.BytesOf);
    }

    // On the initial stack all have the same places, so an instance's texts can be put over another's.
    private string[] Fill(string[] texts, int[] bytes, int number) => [.. texts.Select((text, place) =>
    {
        var filled = Placeholders.Fill(text, name => _space.ValueOf(name, number));
        return filled + new string('\0', Math.Max(0, bytes[place] - NativeText.GetByteCount(filled)));
    })];
}
