namespace KvmActors.Machine.WarmStart;

/// <summary>How a VM starts.</summary>
public enum VmStart
{
    /// <summary>In a VM made for it, from its image.</summary>
    Cold,

    /// <summary>From a kernel that has booted already, or in a VM that another instance of it used before.</summary>
    Warm,
}
