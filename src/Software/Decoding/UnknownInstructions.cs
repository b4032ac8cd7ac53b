using System.Collections.Concurrent;
using Iced.Intel;

namespace KvmActors.Software.Decoding;

/// <summary>Instructions that guests met and nothing executes, by mnemonic: each raised #UD.</summary>
internal sealed class UnknownInstructions
{
    private readonly ConcurrentDictionary<Mnemonic, long> _counts = new();

    /// <summary>How often each was decoded; those that are no instructions at all are <see cref="Mnemonic.INVALID"/>.</summary>
    public IReadOnlyDictionary<Mnemonic, long> Counts => _counts;

    /// <summary>Counts one.</summary>
    public void Count(Mnemonic mnemonic) => _counts.AddOrUpdate(mnemonic, 1, static (_, count) => count + 1);
}
