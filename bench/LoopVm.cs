using System.Diagnostics;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;

namespace KvmActors.Bench;

/// <summary>A VM whose vCPU runs on the calling thread: the program's own loop and all that serves its exits, without the actors.</summary>
internal sealed class LoopVm : IDisposable
{
    private readonly VmStopSignal _stop = new();
    private readonly VmResources _resources;
    private readonly KvmVcpu _vcpu;
    private readonly ExitStatistics _statistics = new();
    private readonly VcpuLoop _loop;

    /// <summary>Makes the VM.</summary>
    /// <param name="device">The open device.</param>
    /// <param name="spec">What it is like.</param>
    /// <param name="template">What it starts from; null to fill its memory itself.</param>
    /// <param name="templates">Where its kernel is kept when it has booted; null not to.</param>
    public LoopVm(KvmDevice device, VmSpec spec, VmTemplate? template = null, VmTemplates? templates = null)
    {
        var services = new VmServices(device, new DiscardedOutput(), new ExitSamplingOptions());
        _resources = new VmResources(spec.Name, spec, services, _stop, template, _ => { });
        _vcpu = _resources.Vm.CreateVcpu(0);
        if (template?.StateOf(0) is { } state)
        {
            _vcpu.TryRestoreState(state);
        }
        else
        {
            _resources.BootStateOf(0)!.ApplyTo(_vcpu);
            template?.Keep(0, _vcpu.SaveState());
        }

        var hypercalls = new HypercallHandler(_vcpu, _resources.Memory, _resources.Files, _stop, _statistics, templates);
        var console = new ConsoleDevice(_resources.Console, spec.Devices);
        var dispatcher = new ExitDispatcher(_vcpu, _resources.Memory, _resources.Devices, console, hypercalls);
        _loop = new VcpuLoop(_vcpu, dispatcher, hypercalls, _stop, _statistics, new ExitSampler(new ExitSamplingOptions(), capacity: 0));
    }

    /// <summary>Exits made so far through the loop, by reason.</summary>
    public long Exits => _statistics.CountByReason().Values.Sum();

    /// <summary>Runs the guest to its end as the program does.</summary>
    /// <returns>How long it took, in nanoseconds.</returns>
    public double Run()
    {
        var started = Stopwatch.GetTimestamp();
        var end = _loop.Run();
        var nanoseconds = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        return end.Kind is VcpuEndKind.Halted or VcpuEndKind.Exited
            ? nanoseconds
            : throw new MeasurementException($"the guest ended with {end.Kind} {end.Message}");
    }

    /// <summary>Makes the VM as new as the program does between two instances.</summary>
    /// <returns>How long it took, in nanoseconds.</returns>
    public double Reset(VmTemplate template)
    {
        var started = Stopwatch.GetTimestamp();
        var isNew = _vcpu.TryRestoreState(template.StateOf(0)!) && _resources.TryReset(template);
        var nanoseconds = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        _resources.Begin(nameof(LoopVm));
        return isNew ? nanoseconds : throw new MeasurementException("the VM could not be made new");
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
        _vcpu.Dispose();
        _resources.Dispose();
        _stop.Dispose();
    }
}
