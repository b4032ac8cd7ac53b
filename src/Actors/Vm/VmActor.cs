using System.Diagnostics;
using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;

namespace KvmActors.Actors.Vm;

/// <summary>
/// One virtual machine: owns its file descriptor and its memory, and has its vCPUs and its files as children.
/// Idle → (StartVm) creating its vCPUs → (all VcpuReady) running → (all VcpuEnded) ended, which stops the actor, or, when
/// everything could be made new, idle: the next StartVm then runs at once.
/// What goes wrong on the way becomes the outcome; this actor never fails.
/// </summary>
public sealed partial class VmActor : ReceiveActor, IWithTimers
{
    private readonly VmSpec _spec;
    private readonly VmServices _services;
    private readonly VmTemplates? _templates;
    private readonly VmStopSignal _stop = new();
    private readonly List<IActorRef> _vcpus = [];
    private readonly List<VcpuEnded> _ended = [];

    private string _id;
    private long _asked = Stopwatch.GetTimestamp();
    private long _origin;
    private IActorRef _supervisor = ActorRefs.Nobody;
    private Activity? _span;
    private ActivityContext _parent;
    private VmResources? _resources;
    private VcpuEnvironment? _environment;
    private OperationLog? _operations;
    private VmVerdict? _verdict;
    private VmStart _start;
    private int _ready;
    private bool _started;
    private bool _running;
    private bool _counted;

    /// <summary>Makes the actor; nothing of the VM exists before <see cref="StartVm"/>.</summary>
    public VmActor(string id, VmSpec spec, VmServices services)
    {
        _id = id;
        _spec = spec;
        _services = services;
        _templates = services.Templates;
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
        // All children have stopped: no thread runs a vCPU or touches the memory any more.
        _resources?.Dispose();
        _stop.Dispose();
        _span?.Dispose();
        CountClosed();
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
        _started = true;
        _id = message.Id ?? _id;
        _asked = message.Sent;
        _origin = message.Origin == 0 ? _asked : message.Origin;
        KvmTelemetry.MessageHandled(nameof(StartVm), message.Sent);
        if (_verdict is not null)
        {
            // Cancelled before it was started.
            Finish();
            return;
        }

        BeginSpan(message);
        _operations = _services.Recording is { TimelineExits: > 0 and var room } ? new OperationLog(room) : null;
        if (_resources is null)
        {
            Create();
        }
        else
        {
            // The vCPUs were made new with the rest: they run at once.
            _start = VmStart.Warm;
            _resources.Begin(_id);
            _resources.Files.Log = _operations;
            _environment = _environment! with { VmId = _id, Console = _resources.Console, Origin = _origin };
            CountCreated();
            Run();
        }
    }

    private void BeginSpan(StartVm message)
    {
        _parent = message.Parent;
        _span = KvmTelemetry.StartSpan("vm", message.Parent, link: message.FailedRun);
        _span?.SetTag("kvm.vm.id", _id);
        _span?.SetTag("kvm.vm.name", _spec.Name);
        if (message.Restarts > 0)
        {
            _span?.SetTag("kvm.vm.restarts", message.Restarts);
        }
    }

    private void Create()
    {
        var template = _templates?.Current;
        _start = template is { IsBooted: true } ? VmStart.Warm : VmStart.Cold;
        var resources = _resources = new VmResources(_id, _spec, _services, _stop, template, step => KvmTelemetry.AddEvent(_span, step));
        CountCreated();
        resources.Files.Log = _operations;
        resources.Files.Actor = Context.Watch(Context.ActorOf(Props.Create(() => new HypercallActor(resources.Files, _stop)), "hypercalls"));
        _environment = new VcpuEnvironment(
            _id, resources.Vm, resources.Memory, resources.Files, resources.Console, _spec.Devices, resources.Devices, _stop,
            _services.Sampling, _services.Observer, template is null ? null : _templates)
        {
            Recording = _services.Recording,
            Origin = _origin,
            Progress = _services.Progress,
        };
        var environment = _environment;
        for (var index = 0; index < _spec.Vcpus; index++)
        {
            var number = index;
            var props = Props.Create(() => new VcpuActor(number, environment)).WithDispatcher(VcpuActor.Dispatcher);
            var vcpu = Context.Watch(Context.ActorOf(props, $"vcpu-{index}"));
            _vcpus.Add(vcpu);
            vcpu.Tell(new CreateVcpu(resources.BootStateOf(index), template));
        }
    }

    private void RunWhenAllReady()
    {
        if (++_ready < _vcpus.Count || _verdict is not null)
        {
            return;
        }

        KvmTelemetry.AddEvent(_span, "vcpus created");
        Run();
    }

    private void Run()
    {
        _running = true;
        var message = new RunVcpu(KvmTelemetry.ParentFor(_span, _parent), _environment!);
        foreach (var vcpu in _vcpus)
        {
            vcpu.Tell(message);
        }

        Timers.StartSingleTimer(nameof(DeadlineReached), DeadlineReached.Instance, _spec.Timeout);
    }

    private void CountCreated()
    {
        _counted = true;
        KvmTelemetry.VmCreated(_spec.Name);
    }

    private void CountClosed()
    {
        if (_counted)
        {
            _counted = false;
            KvmTelemetry.VmClosed(_spec.Name);
        }
    }

    private sealed record DeadlineReached
    {
        public static DeadlineReached Instance { get; } = new();
    }
}
