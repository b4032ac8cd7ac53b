using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>A scenario that may run: checked, with all images read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="MaxConcurrency">The most VMs that exist at once, at least 1.</param>
/// <param name="Vms">What to run.</param>
public sealed record ScenarioSpec(string Name, int MaxConcurrency, IReadOnlyList<VmSpec> Vms);

/// <summary>What became of a scenario.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Wall">How long it took.</param>
/// <param name="WasCancelled">Whether it was ended early; VMs that had not started then are missing.</param>
/// <param name="Vms">Every started VM, in the scenario's order.</param>
/// <param name="Statistics">All their exits and hypercalls.</param>
public sealed record ScenarioResult(
    string Scenario, TimeSpan Wall, bool WasCancelled, IReadOnlyList<VmResult> Vms, ExitStatistics Statistics)
{
    /// <summary>The same by VM name: what all instances did together.</summary>
    public IReadOnlyDictionary<string, ExitStatistics> StatisticsByName { get; init; } = new Dictionary<string, ExitStatistics>();

    /// <summary>What was kept of their exits; null when nothing was asked for.</summary>
    public ScenarioRecording? Recording { get; init; }

    /// <summary>Whether every guest ended as wanted.</summary>
    public bool IsSuccess => !WasCancelled && Vms.All(vm => vm.IsSuccess);
}
