using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// Runs every VM of a scenario, so many at once as it allows; a VM's place is free when its actor is gone, and with it its
/// descriptors and memory, or when it was made new and takes in the next instance of its kind. An instance that failed is
/// started again when its policy says so.
/// Idle → (RunScenario) running → (the last VM gone, or CancelScenario and then that) idle.
/// </summary>
public sealed class ScenarioActor : ReceiveActor, IWithTimers
{
    // Longer than a kernel boots; what is no such kernel costs its scenario this much, once.
    private static readonly TimeSpan LongestBoot = TimeSpan.FromMilliseconds(250);

    private readonly VmServices _services;
    private readonly WarmStarts _warmStarts;
    private readonly Dictionary<IActorRef, Instance> _alive = [];
    private readonly HashSet<IActorRef> _settled = [];
    private readonly Queue<Instance> _waiting = [];
    private readonly SortedDictionary<int, VmResult> _results = [];
    private readonly Dictionary<int, Instance> _resting = [];
    private Dictionary<string, ExitStatistics> _statistics = [];
    private ScenarioRecording? _recording;
    private IActorRef _asker = ActorRefs.Nobody;
    private ScenarioSpec? _spec;
    private Activity? _span;
    private long _started;
    private bool _cancelled;

    /// <summary>Makes the actor; nothing runs before <see cref="RunScenario"/>.</summary>
    public ScenarioActor(VmServices services)
    {
        _services = services;
        var self = Self;
        _warmStarts = new WarmStarts(services, spec => self.Tell(new Booted(spec), ActorRefs.NoSender));
        Become(Idle);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _span?.Dispose();
        _warmStarts.Dispose();
    }

    private void Idle()
    {
        Receive<RunScenario>(message =>
        {
            _asker = Sender;
            _spec = message.Spec;
            _started = Stopwatch.GetTimestamp();
            _span = KvmTelemetry.StartSpan("scenario", default);
            _span?.SetTag("kvm.scenario.name", _spec.Name);
            _cancelled = false;
            _results.Clear();
            _statistics = _spec.Vms.DistinctBy(vm => vm.Name).ToDictionary(vm => vm.Name, _ => new ExitStatistics());
            _recording = _services.Recording is { } options ? new ScenarioRecording(options, _started) : null;
            foreach (var vm in _spec.Vms)
            {
                for (var index = 0; index < vm.Instances; index++)
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"{vm.Name}-{index}");
                    _waiting.Enqueue(new Instance(_waiting.Count, id, vm));
                }
            }

            _services.Progress?.Begin(_waiting.Count);
            Become(Running);
            StartMore();
        });
        Receive<CancelScenario>(_ => { });
        Receive<Booted>(_ => { });
    }

    private void Running()
    {
        Receive<VmEnded>(message =>
        {
            var instance = _alive[Sender];
            instance.LastSpan = message.Span;
            _statistics[instance.Spec.Name].Add(message.Statistics);
            if (message.Recording is { } recording)
            {
                _recording?.Add(message.Result, recording);
            }

            _settled.Add(Sender);
            Settle(instance, message.Result);
            if (message.IsFree)
            {
                Reuse(Sender, instance.Spec);
            }

            Release(instance.Spec);
        });
        Receive<Terminated>(message =>
        {
            if (_alive.Remove(message.ActorRef, out var instance))
            {
                if (!_settled.Remove(message.ActorRef))
                {
                    Settle(instance, new VmResult
                    {
                        Id = instance.Id,
                        Name = instance.Spec.Name,
                        Outcome = VmOutcome.Crashed,
                        Message = "its actor died",
                        Expected = instance.Spec.Expected,
                    });
                }

                _warmStarts.Release(instance.Spec);
            }

            StartMore();
        });
        Receive<Booted>(message => Release(message.Spec));
        Receive<RestartVm>(message =>
        {
            if (_resting.Remove(message.Order, out var instance))
            {
                _waiting.Enqueue(instance);
                StartMore();
            }
        });
        Receive<CancelScenario>(_ =>
        {
            _cancelled = true;
            _waiting.Clear();
            _resting.Clear();
            Timers.CancelAll();
            _services.Progress?.DropWaiting();
            foreach (var vm in _alive.Keys)
            {
                vm.Tell(CancelVm.Instance);
            }

            StartMore();
        });
    }

    private void StartMore()
    {
        while (_alive.Count < _spec!.MaxConcurrency && _waiting.TryPeek(out var next) && !_warmStarts.MustWait(next.Spec))
        {
            var instance = _waiting.Dequeue();
            var (id, spec, services) = (instance.Id, instance.Spec, _services with { Templates = _warmStarts.TemplatesOf(instance.Spec) });

            // An actor keeps its name while it serves other instances.
            var name = instance.Restarts == 0 ? id : $"{id}-restart-{instance.Restarts}";
            Start(Context.Watch(Context.ActorOf(Props.Create(() => new VmActor(id, spec, services)), name)), instance);
            if (_warmStarts.GoesAhead(spec))
            {
                Timers.StartSingleTimer(nameof(Booted), new Booted(spec), LongestBoot);
            }
        }

        if (_alive.Count == 0 && _waiting.Count == 0 && _resting.Count == 0)
        {
            Finish();
        }
    }

    private void Start(IActorRef vm, Instance instance)
    {
        _alive[vm] = instance;
        _settled.Remove(vm);
        _services.Progress?.VmStarted();
        vm.Tell(new StartVm(_span?.Context ?? default)
        {
            Id = instance.Id,
            Restarts = instance.Restarts,
            FailedRun = instance.LastSpan,
            Origin = _started,
        });
    }

    // Instances of one kind follow each other, so the next one waiting is the only one that matters.
    private void Reuse(IActorRef vm, VmSpec spec)
    {
        if (_waiting.TryPeek(out var next) && ReferenceEquals(next.Spec, spec))
        {
            Start(vm, _waiting.Dequeue());
        }
        else
        {
            Context.Stop(vm);
        }
    }

    private void Release(VmSpec spec)
    {
        if (_warmStarts.Release(spec))
        {
            Timers.Cancel(nameof(Booted));
            StartMore();
        }
    }

    // The actor may be restarted by nobody: this is its instance's one and only result of this run.
    private void Settle(Instance instance, VmResult result)
    {
        _results[instance.Order] = result with { Restarts = instance.Restarts };
        var policy = instance.Spec.Restart;
        if (_cancelled || !policy.Wants(result, instance.Restarts))
        {
            _services.Progress?.VmEnded(result.IsSuccess);
            return;
        }

        instance.Restarts++;
        KvmTelemetry.VmRestarted(instance.Spec.Name);
        _services.Progress?.VmWaitsAgain();
        _resting.Add(instance.Order, instance);
        Timers.StartSingleTimer(instance.Id, new RestartVm(instance.Order), policy.Backoff);
    }

    private void Finish()
    {
        // Every VM is gone, and so is whoever could start from one.
        _warmStarts.Dispose();
        Timers.CancelAll();
        var all = ExitStatistics.SumOf(_statistics.Values);
        var result = new ScenarioResult(_spec!.Name, Stopwatch.GetElapsedTime(_started), _cancelled, [.. _results.Values], all)
        {
            StatisticsByName = _statistics,
            Recording = _recording,
        };
        _recording = null;
        _span?.Dispose();
        _span = null;
        Become(Idle);
        _asker.Tell(new ScenarioEnded(result));
    }

    /// <summary>A kernel has booted, or has had its time for it.</summary>
    private sealed record Booted(VmSpec Spec);

    /// <summary>Time to start a VM again.</summary>
    private sealed record RestartVm(int Order);

    /// <summary>One VM and, over its runs, what is to be kept of it. Belongs to this actor.</summary>
    private sealed class Instance(int order, string id, VmSpec spec)
    {
        public int Order { get; } = order;

        public string Id { get; } = id;

        public VmSpec Spec { get; } = spec;

        public int Restarts { get; set; }

        public ActivityContext LastSpan { get; set; }
    }
}
