namespace KvmActors.Actors.Specs;

/// <summary>A scenario that may run: checked, with all images read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="MaxConcurrency">The most VMs that exist at once, at least 1.</param>
/// <param name="Vms">What to run.</param>
public sealed record ScenarioSpec(string Name, int MaxConcurrency, IReadOnlyList<VmSpec> Vms)
{
    /// <summary>How long a VM that was told to end may take over it, more than 0; then it is reported without waiting for it.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether VMs in software do the same every time: their time and chance are their own, and vCPUs take turns.</summary>
    public bool IsDeterministic { get; init; } = true;

    /// <summary>Whether VMs start though together they may touch more memory than the host has left.</summary>
    public bool OvercommitsMemory { get; init; }
}
