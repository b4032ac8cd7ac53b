using System.Diagnostics;
using Akka.Actor;
using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Output;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vm;

/// <summary>Creates the VM and runs it; answered with <see cref="VmEnded"/>, whatever happens.</summary>
/// <param name="Parent">The span of its scenario.</param>
public sealed record StartVm(ActivityContext Parent)
{
    /// <summary>How often the same VM was started before.</summary>
    public int Restarts { get; init; }

    /// <summary>The span of the run that failed before; default when there is none.</summary>
    public ActivityContext FailedRun { get; init; }

    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>The scenario's start, in <see cref="Stopwatch"/> ticks; the VM's own when 0.</summary>
    public long Origin { get; init; }
}

/// <summary>Ends the VM early; it still answers with <see cref="VmEnded"/>.</summary>
public sealed record CancelVm
{
    /// <summary>The only one.</summary>
    public static CancelVm Instance { get; } = new();
}

/// <summary>The VM has ended. Its resources are gone when the actor is.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Statistics">What its vCPUs did, together.</param>
public sealed record VmEnded(VmResult Result, ExitStatistics Statistics)
{
    /// <summary>Its span; default when it had none.</summary>
    public ActivityContext Span { get; init; }

    /// <summary>What was kept of its exits; null when nothing was asked for.</summary>
    public VmRecording? Recording { get; init; }
}

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
}

/// <summary>
/// One virtual machine: owns its file descriptor and its memory, and has its vCPUs and its files as children.
/// Idle → (StartVm) creating its vCPUs → (all VcpuReady) running → (all VcpuEnded) ended, which stops the actor.
/// What goes wrong on the way becomes the outcome; this actor never fails.
/// </summary>
public sealed class VmActor : ReceiveActor, IWithTimers
{
    private readonly string _id;
    private readonly VmSpec _spec;
    private readonly VmServices _services;
    private readonly VmStopSignal _stop = new();
    private readonly List<IActorRef> _vcpus = [];
    private readonly List<VcpuEnded> _ended = [];
    private readonly long _created = Stopwatch.GetTimestamp();

    private IActorRef _supervisor = ActorRefs.Nobody;
    private Activity? _span;
    private ActivityContext _parent;
    private KvmVm? _vm;
    private GuestMemory? _memory;
    private DeviceBoard? _devices;
    private VmVerdict? _verdict;
    private OperationLog? _operations;
    private long _origin;
    private int _ready;
    private bool _running;

    /// <summary>Makes the actor; nothing of the VM exists before <see cref="StartVm"/>.</summary>
    public VmActor(string id, VmSpec spec, VmServices services)
    {
        _id = id;
        _spec = spec;
        _services = services;
        On<StartVm>(Start);
        On<VcpuReady>(_ => RunWhenAllReady());
        On<VcpuFailed>(failed => EndEarly(new VmVerdict(VmOutcome.FailedToStart, failed.Message)));
        On<VcpuEnded>(Collect);
        On<DeadlineReached>(_ => EndEarly(new VmVerdict(VmOutcome.TimedOut, $"still running after {_spec.Timeout.TotalSeconds:0.###} s"), "deadline"));
        On<CancelVm>(_ => EndEarly(new VmVerdict(VmOutcome.Cancelled, "cancelled"), "cancel"));
        On<Terminated>(LoseChild);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop()
    {
        // All children have stopped: no thread runs a vCPU or touches the memory any more. The VM first, then what it maps.
        _vm?.Dispose();
        _devices?.Dispose();
        _memory?.Dispose();
        _stop.Dispose();
        _span?.Dispose();
        if (_vm is not null)
        {
            KvmTelemetry.VmClosed(_spec.Name);
        }
    }

    private void On<T>(Action<T> handler) => Receive<T>(message =>
    {
        try
        {
            handler(message);
        }
        catch (Exception e)
        {
            EndEarly(new VmVerdict(_running ? VmOutcome.Crashed : VmOutcome.FailedToStart, e.Message));
        }
    });

    private void Start(StartVm message)
    {
        _supervisor = Sender;
        KvmTelemetry.MessageHandled(nameof(StartVm), message.Sent);
        _origin = message.Origin == 0 ? _created : message.Origin;
        if (_verdict is not null)
        {
            // Cancelled before it was started.
            Finish();
            return;
        }

        _parent = message.Parent;
        _span = KvmTelemetry.StartSpan("vm", message.Parent, link: message.FailedRun);
        _span?.SetTag("kvm.vm.id", _id);
        _span?.SetTag("kvm.vm.name", _spec.Name);
        if (message.Restarts > 0)
        {
            _span?.SetTag("kvm.vm.restarts", message.Restarts);
        }

        _vm = _services.Device.CreateVm();
        KvmTelemetry.VmCreated(_spec.Name);
        KvmTelemetry.AddEvent(_span, "created");
        var plan = BootPlans.For(_spec);
        _memory = GuestMemory.Allocate(_spec.MemoryAdvice, [.. plan.Ranges]);
        _vm.MapMemory(_memory);
        KvmTelemetry.AddEvent(_span, "memory mapped");
        var states = plan.Apply(_memory);
        KvmTelemetry.AddEvent(_span, "image loaded");

        var input = new GuestInput(_spec.Input);
        var console = new GuestConsole(_id, _services.Output, _spec.Limits.BytesWritten);
        _devices = new DeviceBoard(_spec.Devices, input, _vm);
        var liveInput = _spec.InheritsInput ? new LiveInput(_stop, console.TerminalOf(GuestStream.Input)) : null;
        var program = _spec.Args.Count > 0 ? _spec.Args[0] : null;
        _operations = _services.Recording is { TimelineExits: > 0 and var room } ? new OperationLog(room) : null;
        var files = new FileQueue(new FileService(_memory, _spec.Files, _spec.Limits, input, console, program, liveInput)) { Log = _operations };
        files.Actor = Context.Watch(Context.ActorOf(Props.Create(() => new HypercallActor(files, _stop)), "hypercalls"));

        var environment = new VcpuEnvironment(
            _id, _vm, _memory, files, console, _spec.Devices, _devices, _stop, _services.Sampling, _services.Observer)
        {
            Recording = _services.Recording,
            Origin = _origin,
            Progress = _services.Progress,
        };
        for (var index = 0; index < states.Count; index++)
        {
            var number = index;
            var props = Props.Create(() => new VcpuActor(number, environment)).WithDispatcher(VcpuActor.Dispatcher);
            var vcpu = Context.Watch(Context.ActorOf(props, $"vcpu-{index}"));
            _vcpus.Add(vcpu);
            vcpu.Tell(new CreateVcpu(states[index] with { Overrides = _spec.Registers }));
        }
    }

    private void RunWhenAllReady()
    {
        if (++_ready < _vcpus.Count || _verdict is not null)
        {
            return;
        }

        _running = true;
        KvmTelemetry.AddEvent(_span, "vcpus created");
        Timers.StartSingleTimer(nameof(DeadlineReached), DeadlineReached.Instance, _spec.Timeout);
        foreach (var vcpu in _vcpus)
        {
            vcpu.Tell(new RunVcpu(KvmTelemetry.ParentFor(_span, _parent)));
        }
    }

    private void Collect(VcpuEnded ended)
    {
        _ended.Add(ended);
        KvmTelemetry.MessageHandled(nameof(VcpuEnded), ended.Sent);
        switch (ended.End.Kind)
        {
            case VcpuEndKind.Panicked or VcpuEndKind.Killed:
                EndEarly(new VmVerdict(VmOutcome.Panicked, ended.End.Message));
                break;
            case VcpuEndKind.Crashed:
                EndEarly(new VmVerdict(VmOutcome.Crashed, ended.End.Message));
                break;
            case VcpuEndKind.Exited when ended.End.EndsVm:
                EndEarly(new VmVerdict(VmOutcome.Exited, Message: null));
                break;
        }

        if (_ended.Count == _vcpus.Count)
        {
            Finish();
        }
    }

    // Children stop only with their VM; one that dies before takes the VM with it, and a dead vCPU reports nothing.
    private void LoseChild(Terminated message)
    {
        _vcpus.Remove(message.ActorRef);
        EndEarly(new VmVerdict(VmOutcome.Crashed, $"its actor {message.ActorRef.Path.Name} died"));
        if (_running && _ended.Count == _vcpus.Count)
        {
            Finish();
        }
    }

    /// <summary>Ends the VM with a verdict; the first one counts. Running vCPUs report before the VM does.</summary>
    private void EndEarly(VmVerdict verdict, string? happened = null)
    {
        if (happened is not null)
        {
            KvmTelemetry.AddEvent(_span, happened);
        }

        _verdict ??= verdict;
        _stop.Request();
        if (!_running && !_supervisor.IsNobody())
        {
            Finish();
        }
    }

    private void Finish()
    {
        Timers.CancelAll();
        var statistics = new ExitStatistics();
        foreach (var ended in _ended)
        {
            statistics.Add(ended.Statistics);
            KvmTelemetry.RecordVcpu(_spec.Name, ended.Statistics);
        }

        var result = VmResults.Summarise(_id, _spec.Name, _created, _verdict, _ended) with
        {
            Expected = _spec.Expected,
            Devices = _devices?.Reports ?? [],
            MissingSystemCalls = statistics.MissingSystemCalls,
            ReadBack = [.. _spec.ReadBack.Select(ReadMemory)],
            Times = VmTimes.Of(_origin, _created, _ended),
        };
        if (result.StartDuration > TimeSpan.Zero)
        {
            KvmTelemetry.VmEntered(_spec.Name, result.StartDuration);
        }

        if (_ended.Count > 0)
        {
            KvmTelemetry.AddEvent(_span, "first entry", _ended.Min(vcpu => vcpu.Entered));
        }

        KvmTelemetry.SetOutcome(_span, result.Outcome, result.Message);
        Become(() => ReceiveAny(_ => { }));
        _supervisor.Tell(new VmEnded(result, statistics)
        {
            Span = _span?.Context ?? default,
            Recording = _services.Recording is null ? null : Recording(),
        });
        Context.Stop(Self);
    }

    private VmRecording Recording()
    {
        var (operations, dropped) = _operations?.Read() ?? ([], 0);
        return new VmRecording([.. _ended.OrderBy(ended => ended.Index).Select(ended => ended.Recording).OfType<VcpuRecording>()], operations, dropped);
    }

    private MemoryDump ReadMemory(ReadBackSpec wanted) => new(
        wanted.Address.Value, _memory is not null && _memory.TryGetSpan(wanted.Address, (ulong)wanted.Length, out var bytes) ? bytes.ToArray() : []);

    private sealed record DeadlineReached
    {
        public static DeadlineReached Instance { get; } = new();
    }
}
