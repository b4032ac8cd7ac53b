using System.Diagnostics;
using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Output;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;

namespace KvmActors.Bench;

/// <summary>A VM whose vCPU runs on the calling thread: the program's own loop and all that serves its exits, without the actors.</summary>
internal sealed class LoopVm : IDisposable
{
    private readonly KvmVm _vm;
    private readonly GuestMemory _memory;
    private readonly KvmVcpu _vcpu;
    private readonly VmStopSignal _stop = new();
    private readonly ExitStatistics _statistics = new();
    private readonly FileService _files;
    private readonly DeviceBoard _devices;
    private readonly VcpuLoop _loop;

    public LoopVm(KvmDevice device, VmSpec spec)
    {
        var plan = BootPlans.For(spec);
        _vm = device.CreateVm();
        _memory = GuestMemory.Allocate([.. plan.Ranges]);
        _vm.MapMemory(_memory);
        var state = plan.Apply(_memory)[0];
        _vcpu = _vm.CreateVcpu(0);
        state.ApplyTo(_vcpu);

        var console = new GuestConsole(spec.Name, new DiscardedOutput(), spec.Limits.BytesWritten);
        var input = new GuestInput(spec.Input);
        _files = new FileService(_memory, spec.Files, spec.Limits, input, console);
        _devices = new DeviceBoard(spec.Devices, input, _vm);
        var hypercalls = new HypercallHandler(_vcpu, _memory, new FileQueue(_files), _stop, _statistics);
        var dispatcher = new ExitDispatcher(_vcpu, _memory, _devices, new ConsoleDevice(console, spec.Devices), hypercalls);
        _loop = new VcpuLoop(_vcpu, dispatcher, hypercalls, _stop, _statistics, new ExitSampler(new ExitSamplingOptions(), capacity: 0));
    }

    /// <summary>Exits made so far through the loop, by reason.</summary>
    public long Exits => _statistics.Exits.Sum(row => row.Durations.Host.Count);

    /// <summary>Runs the guest to its HLT as the program does.</summary>
    /// <returns>How long it took, in nanoseconds.</returns>
    public double Run()
    {
        var started = Stopwatch.GetTimestamp();
        var end = _loop.Run();
        var nanoseconds = Stopwatch.GetElapsedTime(started).TotalNanoseconds;
        return end.Kind == VcpuEndKind.Halted ? nanoseconds : throw new MeasurementException($"the guest ended with {end.Kind} {end.Message}");
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
        _files.Dispose();
        _vcpu.Dispose();
        _vm.Dispose();
        _memory.Dispose();
        _devices.Dispose();
        _stop.Dispose();
    }
}
