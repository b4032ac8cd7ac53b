using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Tracing;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Services;

/// <summary>What VMs need from outside.</summary>
/// <param name="Hypervisor">What makes them, but for those that ask for another backend.</param>
/// <param name="Output">Where guests' output goes.</param>
/// <param name="Sampling">Which exits become spans.</param>
public sealed record VmServices(IHypervisor Hypervisor, IGuestOutput Output, ExitSamplingOptions Sampling)
{
    /// <summary>What makes VMs of other backends.</summary>
    public IReadOnlyList<IHypervisor> OtherHypervisors { get; init; } = [];

    /// <summary>What makes the VMs of a backend; null where there is nothing for it.</summary>
    public IHypervisor? FindHypervisor(Backend backend) => backend == Backend.Auto || backend == Hypervisor.Backend
        ? Hypervisor
        : OtherHypervisors.FirstOrDefault(other => other.Backend == backend);

    /// <summary>Watches every exit; null in ordinary runs.</summary>
    public IVcpuObserver? Observer { get; init; }

    /// <summary>What to keep of exits for the report and the timeline; null for nothing.</summary>
    public RecordingOptions? Recording { get; init; }

    /// <summary>
    /// How far threads that serve a guest are confined. The output and the observer are called on them, and can then open no file of
    /// their own and make no connection.
    /// </summary>
    public SandboxMode Sandbox { get; init; } = SandboxMode.On;

    /// <summary>Where a line for each system call goes; null for nowhere.</summary>
    public ISyscallTraceOutput? Syscalls { get; init; }

    /// <summary>Who debugs which instances; none in ordinary runs.</summary>
    public IReadOnlyList<VmDebugger> Debuggers { get; init; } = [];

    /// <summary>Where each VM is to be stopped; null for nowhere. All VMs are in software then.</summary>
    public StopPoint? Until { get; init; }

    /// <summary>Where every instruction is written down; null for nowhere. All VMs are in software then.</summary>
    public IInstructionTraceOutput? Instructions { get; init; }

    /// <summary>Whether a VM is looked at from its first instruction on, by whomever.</summary>
    public bool IsObserved =>
        Observer is not null || Syscalls is not null || Debuggers.Count > 0 || Until is not null || Instructions is not null;

    /// <summary>Who debugs an instance; null for nobody.</summary>
    public VmDebugger? FindDebugger(string vm) => Debuggers.FirstOrDefault(debugger => debugger.Vm == vm);

    /// <summary>Where core files go; null when none are wanted.</summary>
    public ICoreStore? Cores { get; init; }

    /// <summary>Told how far the scenario is; null when nobody looks.</summary>
    public ScenarioProgress? Progress { get; init; }

    /// <summary>What memory the host has left for them.</summary>
    public HostMemory Memory { get; init; } = new();

    /// <summary>How many threads the host has left for them.</summary>
    public HostThreads Threads { get; init; } = new();

    /// <summary>
    /// The same, for several who start VMs side by side: what one of them has taken of the host's memory and threads, the others do not have.
    /// </summary>
    public VmServices Shared()
    {
        var guard = new StartGuard(Memory, Threads);
        guard.Begin();
        return this with { Guard = guard };
    }

    /// <summary>The same, beside others that were <see cref="Shared"/>.</summary>
    public VmServices SharedWith(VmServices others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return this with { Guard = others.Guard };
    }

    /// <summary>What keeps VMs from being started that there is no room for; null when each who starts VMs has his own.</summary>
    internal StartGuard? Guard { get; init; }

    /// <summary>Fails actors for a test; null otherwise.</summary>
    internal ActorFaults? Faults { get; init; }
}
