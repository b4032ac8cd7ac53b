using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;

namespace KvmActors.Machine.Execution;

/// <summary>What is watched and served while a vCPU runs.</summary>
public sealed record VcpuSessionOptions
{
    /// <summary>What serves the guest's calls; null for a machine without any.</summary>
    public Func<HypercallContext, IHypercalls>? Hypercalls { get; init; }

    /// <summary>Which exits become spans.</summary>
    public ExitSamplingOptions Sampling { get; init; } = new();

    /// <summary>How many exits may become spans; 0 for none.</summary>
    public int MaxSamples { get; init; }

    /// <summary>What to keep of exits for the report and the timeline; null for nothing.</summary>
    public RecordingOptions? Recording { get; init; }

    /// <summary>When what is recorded began, in <see cref="Stopwatch"/> ticks.</summary>
    public long Origin { get; init; }

    /// <summary>Who stops the vCPU and looks at it; null in ordinary runs.</summary>
    public VmDebugger? Debugger { get; init; }

    /// <summary>Watches every exit; null in ordinary runs.</summary>
    public IVcpuObserver? Observer { get; init; }

    /// <summary>Where the VM is to be stopped; null for nowhere. Only where the processor is in software.</summary>
    public StopPoint? Until { get; init; }

    /// <summary>Where every instruction is written down; null for nowhere. Only where the processor is in software.</summary>
    public IInstructionTraceOutput? Instructions { get; init; }

    /// <summary>Whether its guest starts it: until then it waits.</summary>
    public bool AwaitsStart { get; init; }

    /// <summary>What the vCPU's thread does before it first enters the guest: how the vCPU ends, or null when it goes on. Null for nothing.</summary>
    public Func<VcpuEnd?>? BeforeEntry { get; set; }

    /// <summary>What the VM may use, shared by its vCPUs.</summary>
    public RunBudget Budget { get; init; } = new(new RunLimits());
}

/// <summary>
/// One run of a vCPU, from its first entry to its end, with all that serves, counts and watches it. Everything is made before the
/// first entry, so that the loop allocates nothing. Belongs to the vCPU's thread.
/// </summary>
public sealed class VcpuSession
{
    private readonly IVcpu _vcpu;
    private readonly ConsoleDevice _console;
    private readonly VcpuLoop _loop;
    private readonly ExitRecorder? _recorder;
    private readonly CpuMeter _cpu;
    private readonly VmDebugger? _debugger;
    private readonly VmStopSignal _stop;
    private readonly VcpuPool _vcpus;
    private readonly bool _takesTurns;
    private readonly Func<VcpuEnd?>? _awaitStart;
    private readonly Action? _undebugged;

    /// <summary>Prepares a run.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="vcpu">One of its vCPUs.</param>
    /// <param name="console">Where its console output goes.</param>
    /// <param name="stop">What ends it from outside.</param>
    /// <param name="options">What is watched and served meanwhile.</param>
    public VcpuSession(VirtualMachine vm, IVcpu vcpu, GuestConsole console, VmStopSignal stop, VcpuSessionOptions? options = null)
    {
        options ??= new VcpuSessionOptions();
        var inner = vcpu;
        options.Until?.ApplyTo(vcpu);
        if (options.Instructions is { } output)
        {
            ((IVcpuWatch)vcpu).SetTrace(output.Begin(console.Vm, vcpu.Index));
        }

        if (options.Debugger is { } debugger)
        {
            var debugged = new DebuggedVcpu(vcpu, vm.Memory, stop, debugger);
            debugger.Enter(debugged, vm.Memory);

            // So that what wakes it wakes it as the debugger's.
            _undebugged = () => vm.Vcpus.Add(inner);
            vm.Vcpus.Add(debugged);
            (_debugger, vcpu) = (debugger, debugged);
        }
        else if (options.Observer is { Steps: > 0 } stepper)
        {
            vcpu = new SteppedVcpu(vcpu, vm.Memory, stop, new StepWatcher(stepper, console.Vm, vcpu, vm.Memory));
        }

        HistogramRows.Shared.Refill();
        (_vcpu, _vcpus, _stop, _takesTurns) = (vcpu, vm.Vcpus, stop, vm.Clock is not null);
        _cpu = options.Budget.Cpu;
        Statistics = new ExitStatistics(HistogramRows.Shared);
        Sampler = new ExitSampler(options.Sampling, options.MaxSamples);
        var note = new CallNote();
        var hypercalls = options.Hypercalls?.Invoke(new HypercallContext(vcpu, vm.Memory, stop, Statistics, note)
        {
            Rate = options.Budget.Hypercalls,
            Clock = vm.Clock,
            Random = vm.Random,
            Plan = vm.Plan,
            Vcpus = vm.Vcpus,
            Debugged = vcpu as IDebuggedThread,
            RunUntil = isOver => _loop!.RunUntil(isOver),
        });
        _awaitStart = options.AwaitsStart ? () => VcpuParking.AwaitStart(_vcpu, vm.Vcpus, stop) : options.BeforeEntry;
        _console = new ConsoleDevice(console, vm.Plan.Spec.Devices) { Pause = nanoseconds => vcpu.Wait(stop, new VcpuWait(nanoseconds, IsThrottle: true)) };
        var dispatcher = new ExitDispatcher(vcpu, vm.Memory, vm.Devices, _console, hypercalls)
        {
            Until = options.Until is { } until ? (until, inner) : null,
        };
        _recorder = options.Recording is { } recording ? new ExitRecorder(recording, options.Origin) : null;
        _loop = new VcpuLoop(vcpu, dispatcher, stop, Statistics, Sampler, note)
        {
            Recorder = _recorder,
            Exits = options.Budget.Exits,
            ReadPath = hypercalls is null ? null : hypercalls.ReadLastPath,
            Observer = options.Observer is { } observer
                ? (in VcpuExit exit) => observer.Exited(console.Vm, exit, vcpu, vm.Memory)
                : null,
        };
    }

    /// <summary>What it does, exit by exit; any thread may read it meanwhile.</summary>
    public ExitStatistics Statistics { get; }

    /// <summary>The exits that are to become spans.</summary>
    public ExitSampler Sampler { get; }

    /// <summary>When it first entered the guest, in <see cref="Stopwatch"/> ticks; 0 before.</summary>
    public long Entered { get; private set; }

    /// <summary>When it left for good, in <see cref="Stopwatch"/> ticks; 0 before.</summary>
    public long Left { get; private set; }

    /// <summary>Runs the vCPU on the calling thread until it ends.</summary>
    /// <exception cref="Interop.Libc.SystemCallException">The vCPU cannot be run.</exception>
    public VcpuEnd Run()
    {
        _vcpu.BindToCurrentThread();
        _stop.BeginRun();
        var clock = _cpu.Start();
        Entered = Stopwatch.GetTimestamp();
        VcpuEnd? end = null;
        try
        {
            return end = _awaitStart?.Invoke() ?? _loop.Run();
        }
        finally
        {
            if (end?.Kind == VcpuEndKind.Reached || (_takesTurns && end is { StopsOthers: true }))
            {
                // While the turn is this vCPU's: where the others stop must not depend on when somebody hears of it.
                _stop.Request(closesVm: end.Kind == VcpuEndKind.Reached);
            }

            _debugger?.Leave(_vcpu.Index, end);
            _undebugged?.Invoke();
            Left = Stopwatch.GetTimestamp();
            try
            {
                // While kicks still come: whoever reads may have stopped reading.
                _console.Flush();
            }
            finally
            {
                _vcpu.Unbind();
                if (_vcpus.HasStarted)
                {
                    _vcpus.Share?.Leave();
                }
            }
            _cpu.Stop(clock);
            _stop.EndRun();
        }
    }

    /// <summary>Lets go of what was recorded; null when nothing was asked for.</summary>
    public VcpuRecording? FinishRecording() => _recorder?.Finish(_vcpu.Index, Entered, Left);
}
