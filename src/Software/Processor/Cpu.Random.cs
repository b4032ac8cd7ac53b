using KvmActors.Machine.Processor;

namespace KvmActors.Software.Processor;

/// <summary>Random numbers that a seed determines.</summary>
internal sealed partial class Cpu
{
    /// <summary>What the next number comes of.</summary>
    public ulong RandomState;

    /// <summary>The next random number.</summary>
    public ulong NextRandom() => GuestRandom.Next(ref RandomState);
}
