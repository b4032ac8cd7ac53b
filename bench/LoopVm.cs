using System.Diagnostics;
using KvmActors.Actors.Specs;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Bench;

/// <summary>A VM whose vCPU runs on the calling thread: the program's own loop and all that serves its exits, without the actors.</summary>
internal sealed class LoopVm : IDisposable
{
    private readonly VmStopSignal _stop = new();
    private readonly SyscallGate _gate = new(new NoQueue());
    private readonly GuestConsole _console = new(nameof(LoopVm), new DiscardedOutput(), long.MaxValue);
    private readonly VmSpec _spec;
    private readonly VirtualMachine _vm;
    private readonly IVcpu _vcpu;
    private readonly FileNamespace _names;
    private readonly VcpuSession _session;

    /// <summary>Makes the VM.</summary>
    /// <param name="hypervisor">What makes it.</param>
    /// <param name="spec">What it is like.</param>
    /// <param name="template">What it starts from; null to fill its memory itself.</param>
    /// <param name="templates">Where its kernel is kept when it has booted; null not to.</param>
    /// <param name="sandbox">What the calling thread is confined with as soon as there is a VM, as the program does; null for nothing.</param>
    public LoopVm(IHypervisor hypervisor, VmSpec spec, VmTemplate? template = null, VmTemplates? templates = null, ThreadSandbox? sandbox = null)
    {
        _spec = spec;
        _vm = template?.CreateVm(hypervisor) ?? VirtualMachine.Create(hypervisor, spec.Plan);
        sandbox?.Enter();
        _vcpu = template?.CreateVcpu(_vm, 0) ?? _vm.CreateVcpu(0);
        _names = FileNamespace.Open(spec.Files, program: null, sandbox);
        OpenGate();
        _session = new VcpuSession(_vm, _vcpu, _console, _stop, new VcpuSessionOptions
        {
            Hypercalls = context => new HypercallHandler(context, _gate, templates),
        });
    }

    /// <summary>Exits made so far through the loop.</summary>
    public long Exits => _session.Statistics.CountByReason().Values.Sum();

    /// <summary>Runs the guest to its end as the program does.</summary>
    /// <returns>How long it took, in nanoseconds.</returns>
    public double Run()
    {
        var started = Stopwatch.GetTimestamp();
        var end = _session.Run();
        var nanoseconds = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        return end.Kind is VcpuEndKind.Halted or VcpuEndKind.Exited
            ? nanoseconds
            : throw new MeasurementException($"the guest ended with {end.Kind} {end.Message}");
    }

    /// <summary>Resets the VM as the program does between two instances.</summary>
    /// <returns>How long it took, in nanoseconds.</returns>
    public double Reset(VmTemplate template)
    {
        var started = Stopwatch.GetTimestamp();
        if (!template.TryReset(_vcpu) || !_gate.TryRetire())
        {
            throw new MeasurementException("the VM could not be reset");
        }

        template.Reset(_vm);
        var nanoseconds = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        OpenGate();
        return nanoseconds;
    }

    /// <summary>Runs the guest to its HLT with nothing but the vCPU.</summary>
    /// <returns>How long it took, in nanoseconds, and how many exits it made before.</returns>
    public (double Nanoseconds, long Exits) RunBare()
    {
        var exits = 0L;
        var started = Stopwatch.GetTimestamp();
        while (_vcpu.Run().Reason == VcpuExitReason.Io)
        {
            exits++;
        }

        return (Stopwatch.GetElapsedTime(started).TotalNanoseconds, exits);
    }

    public void Dispose()
    {
        _gate.Close();
        _names.Dispose();
        _vcpu.Dispose();
        _vm.Dispose();
        _stop.Dispose();
    }

    private void OpenGate() =>
        _gate.Open(SyscallService.For(_vm.Memory, _names, new FileQuotas(_spec.Limits.Files, _console.Budget), new GuestInput(_spec.Machine.Input), _console));

    /// <summary>There is one vCPU, so nobody ever finds the gate taken.</summary>
    private sealed class NoQueue : ISyscallQueue
    {
        public void Enqueue(GateTurn turn) => throw new UnreachableException();

        public void GateFreed() => throw new UnreachableException();
    }
}
