using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>Runs a scenario; answered with <see cref="ScenarioEnded"/>.</summary>
/// <param name="Spec">What to run.</param>
public sealed record RunScenario(ScenarioSpec Spec);

/// <summary>Ends the running scenario early; it still answers with <see cref="ScenarioEnded"/>.</summary>
public sealed record CancelScenario
{
    /// <summary>The only one.</summary>
    public static CancelScenario Instance { get; } = new();
}

/// <summary>The scenario has ended and every VM of it is gone.</summary>
/// <param name="Result">What became of it.</param>
public sealed record ScenarioEnded(ScenarioResult Result);

/// <summary>
/// Runs every VM of a scenario, so many at once as it allows; a VM's place is free when its actor is gone, and with it its
/// descriptors and memory. One that failed is started again when its policy says so, after its actor is gone.
/// Idle → (RunScenario) running → (the last VM gone, or CancelScenario and then that) idle.
/// </summary>
public sealed class ScenarioActor : ReceiveActor, IWithTimers
{
    private readonly VmServices _services;
    private readonly Dictionary<IActorRef, Instance> _alive = [];
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
        Become(Idle);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop() => _span?.Dispose();

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
    }

    private void Running()
    {
        Receive<VmEnded>(message =>
        {
            // The actor may be restarted by nobody: this is its VM's one and only result.
            var instance = _alive[Sender];
            instance.LastSpan = message.Span;
            instance.HasReported = true;
            _results[instance.Order] = message.Result with { Restarts = instance.Restarts };
            _statistics[instance.Spec.Name].Add(message.Statistics);
            if (message.Recording is { } recording)
            {
                _recording?.Add(message.Result, recording);
            }
        });
        Receive<Terminated>(message =>
        {
            if (_alive.Remove(message.ActorRef, out var instance))
            {
                if (!instance.HasReported)
                {
                    _results[instance.Order] = new VmResult
                    {
                        Id = instance.Id,
                        Name = instance.Spec.Name,
                        Outcome = VmOutcome.Crashed,
                        Message = "its actor died",
                        Expected = instance.Spec.Expected,
                        Restarts = instance.Restarts,
                    };
                }

                if (!RestsBeforeRestart(instance))
                {
                    _services.Progress?.VmEnded(_results[instance.Order].IsSuccess);
                }
            }

            StartMore();
        });
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
        while (_alive.Count < _spec!.MaxConcurrency && _waiting.TryDequeue(out var instance))
        {
            var (id, spec, services) = (instance.Id, instance.Spec, _services);
            var vm = Context.ActorOf(Props.Create(() => new VmActor(id, spec, services)), id);
            _alive.Add(Context.Watch(vm), instance);
            instance.HasReported = false;
            _services.Progress?.VmStarted();
            vm.Tell(new StartVm(_span?.Context ?? default) { Origin = _started, Restarts = instance.Restarts, FailedRun = instance.LastSpan });
        }

        if (_alive.Count == 0 && _waiting.Count == 0 && _resting.Count == 0)
        {
            Finish();
        }
    }

    private bool RestsBeforeRestart(Instance instance)
    {
        var policy = instance.Spec.Restart;
        if (_cancelled || !policy.Wants(_results[instance.Order], instance.Restarts))
        {
            return false;
        }

        instance.Restarts++;
        KvmTelemetry.VmRestarted(instance.Spec.Name);
        _services.Progress?.VmWaitsAgain();
        _resting.Add(instance.Order, instance);
        Timers.StartSingleTimer(instance.Id, new RestartVm(instance.Order), policy.Backoff);
        return true;
    }

    private void Finish()
    {
        var all = new ExitStatistics();
        foreach (var statistics in _statistics.Values)
        {
            all.Add(statistics);
        }

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

        public bool HasReported { get; set; }
    }
}
