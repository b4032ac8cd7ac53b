namespace KvmActors.Actors.Specs;

/// <summary>A scenario that may run: checked, with all images read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="MaxConcurrency">The most VMs that exist at once, at least 1.</param>
/// <param name="Vms">What to run.</param>
public sealed record ScenarioSpec(string Name, int MaxConcurrency, IReadOnlyList<VmSpec> Vms);
