using System.Globalization;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Configuration;

/// <summary>The instances that a VM with a matrix stands for, by number: for each combination so many, the last key's value changing first.</summary>
/// <param name="options">What people wrote.</param>
/// <param name="seed">The scenario's seed.</param>
internal sealed class InstanceSpace(VmOptions options, long seed)
{
    private readonly KeyValuePair<string, List<string>>[] _matrix = [.. options.Matrix];

    /// <summary>How many there are; 2^62 for more than that.</summary>
    public long Count { get; } = Product(options.Matrix.Values.Select(values => values.Count).Prepend(options.Instances));

    /// <summary>How many combinations there are of some of the matrix's keys.</summary>
    public long CountOf(IReadOnlySet<string> names) => Product(_matrix.Where(row => names.Contains(row.Key)).Select(row => row.Value.Count));

    /// <summary>What a placeholder stands for in an instance.</summary>
    public string ValueOf(string name, int number) => name switch
    {
        Placeholders.Index => number.ToString(CultureInfo.InvariantCulture),
        Placeholders.Name => string.Create(CultureInfo.InvariantCulture, $"{options.Name}-{number}"),
        Placeholders.Seed => SeedOf(seed, options.Name ?? "", number).ToString(CultureInfo.InvariantCulture),
        _ => ValueIn(Array.FindIndex(_matrix, row => row.Key == name), number),
    };

    /// <summary>The most bytes in UTF-8 that a placeholder's value takes.</summary>
    public int BytesOf(string name) => name switch
    {
        Placeholders.Index or Placeholders.Name => ValueOf(name, (int)Count - 1).Length,
        Placeholders.Seed => int.MaxValue.ToString(CultureInfo.InvariantCulture).Length,
        _ => options.Matrix[name].Max(NativeText.GetByteCount),
    };

    /// <summary>The values of the matrix in an instance.</summary>
    public IReadOnlyDictionary<string, string> MatrixOf(int number) =>
        _matrix.Index().ToDictionary(row => row.Item.Key, row => ValueIn(row.Index, number));

    /// <summary>An instance's number of chance: another for each number, the same in each run, from 0 to 2^31 - 1.</summary>
    /// <param name="seed">The scenario's seed.</param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="number">The instance's number.</param>
    internal static int SeedOf(long seed, string vm, int number)
    {
        // Steps that each can be undone, so that no two numbers meet: multiplication by an odd number modulo 2^31, and shifts that
        // are XORed (as in murmur3's finalizer). Where they begin is the FNV-1a hash of the name.
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

    private string ValueIn(int key, int number)
    {
        var combination = number / options.Instances;
        for (var later = _matrix.Length - 1; later > key; later--)
        {
            combination /= _matrix[later].Value.Count;
        }

        return _matrix[key].Value[combination % _matrix[key].Value.Count];
    }

    private static long Product(IEnumerable<int> counts) =>
        (long)Math.Min(counts.Aggregate(1.0, (product, count) => product * count), 1L << 62);
}
