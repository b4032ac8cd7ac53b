using System.Collections.Concurrent;
using Iced.Intel;

namespace KvmActors.Software.Processor;

/// <summary>Instructions that guests came to and nothing executes, by mnemonic: each raised #UD.</summary>
internal sealed class UnknownInstructions
{
    private readonly ConcurrentDictionary<Mnemonic, long> _counts = new();

    /// <summary>How often each was tried; bytes that are no instruction at all are <see cref="Mnemonic.INVALID"/>.</summary>
    public IReadOnlyDictionary<Mnemonic, long> Counts => _counts;

    /// <summary>The same, by the names that assemblers give them.</summary>
    public IReadOnlyDictionary<string, long> ByName => _counts.IsEmpty ? EmptyNames : _counts.OrderBy(row => row.Key).ToDictionary(
        row => row.Key == Mnemonic.INVALID ? "(bad)" : row.Key.ToString().ToLowerInvariant(), row => row.Value);

    private static Dictionary<string, long> EmptyNames { get; } = [];

    /// <summary>Counts one.</summary>
    public void Count(Mnemonic mnemonic) => _counts.AddOrUpdate(mnemonic, 1, static (_, count) => count + 1);

    /// <summary>Begins anew.</summary>
    public void Clear() => _counts.Clear();
}
