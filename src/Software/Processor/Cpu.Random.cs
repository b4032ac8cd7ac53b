namespace KvmActors.Software.Processor;

/// <summary>Random numbers that a seed determines.</summary>
internal sealed partial class Cpu
{
    /// <summary>What the next number comes of.</summary>
    public ulong RandomState;

    /// <summary>The next random number: SplitMix64.</summary>
    public ulong NextRandom()
    {
        RandomState += 0x9E37_79B9_7F4A_7C15;
        var mixed = RandomState;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
