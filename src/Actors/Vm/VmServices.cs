using KvmActors.Actors.Output;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vm;

/// <summary>What VMs need from outside.</summary>
/// <param name="Device">The open KVM device.</param>
/// <param name="Output">Where guests' output goes.</param>
/// <param name="Sampling">Which exits become spans.</param>
public sealed record VmServices(KvmDevice Device, IGuestOutput Output, ExitSamplingOptions Sampling)
{
    /// <summary>Watches every exit; null in ordinary runs.</summary>
    public IVcpuObserver? Observer { get; init; }

    /// <summary>What to keep of exits for the report and the timeline; null for nothing.</summary>
    public RecordingOptions? Recording { get; init; }

    /// <summary>Told how far the scenario is; null when nobody looks.</summary>
    public ScenarioProgress? Progress { get; init; }

    /// <summary>What the VM starts from, so that it can be made new for further instances; null for a VM that runs once.</summary>
    internal VmTemplates? Templates { get; init; }
}
