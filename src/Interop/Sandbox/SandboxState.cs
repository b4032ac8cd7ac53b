namespace KvmActors.Interop.Sandbox;

/// <summary>What confines the threads of a VM.</summary>
/// <param name="Mode">What was asked for.</param>
public sealed record SandboxState(SandboxMode Mode)
{
    /// <summary>Nothing was asked for.</summary>
    public static SandboxState Off { get; } = new(SandboxMode.Off);

    /// <summary>The version of Landlock's interface that holds; 0 when the kernel has none, or none was asked for.</summary>
    public int LandlockAbi { get; init; }

    /// <summary>Whether system calls outside the list are refused.</summary>
    public bool Seccomp { get; init; }

    /// <summary>Whether read-only mappings are read-only mounts; null when there are none.</summary>
    public bool? ReadOnlyBinds { get; init; }

    /// <summary>Why read-only mappings are no read-only mounts; null when they are, or there are none.</summary>
    public string? ReadOnlyBindsProblem { get; init; }

    /// <summary>The capabilities that are left; null when none were dropped.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }
}
