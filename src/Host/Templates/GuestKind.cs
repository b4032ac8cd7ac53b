namespace KvmActors.Host.Templates;

/// <summary>What the guest of a new scenario is written in.</summary>
internal enum GuestKind
{
    /// <summary>C, without a library.</summary>
    C,

    /// <summary>Assembly.</summary>
    Asm,
}
