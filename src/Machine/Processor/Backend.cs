namespace KvmActors.Machine.Processor;

/// <summary>What executes a guest's instructions. Names are part of scenarios and results.</summary>
public enum Backend
{
    /// <summary>KVM where it can be used, otherwise software.</summary>
    Auto,

    /// <summary>The machine's processor, by KVM.</summary>
    Kvm,

    /// <summary>A processor that is a part of this program.</summary>
    Software,
}
