using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// One run of a scenario: who asked, who waits, who is alive, what has come out so far. Belongs to the <see cref="ScenarioActor"/>.
/// </summary>
internal sealed class ScenarioRun
{
    private readonly SortedDictionary<int, VmResult> _results = [];
    private readonly Dictionary<string, ExitStatistics> _statistics;

    public ScenarioRun(ScenarioSpec spec, IActorRef asker, VmServices services)
    {
        Spec = spec;
        Asker = asker;
        Started = Stopwatch.GetTimestamp();
        Span = KvmTelemetry.StartSpan("scenario", default);
        Span?.SetTag("kvm.scenario.name", spec.Name);
        Recording = services.Recording is { } options ? new ScenarioRecording(options, Started) : null;
        _statistics = spec.Vms.DistinctBy(vm => vm.Name).ToDictionary(vm => vm.Name, _ => new ExitStatistics());
        var firstOfName = 0;
        foreach (var (place, vm) in spec.Vms.Index())
        {
            // Those of one name that differ stand behind each other; their numbers go through all of them.
            firstOfName = vm.Variants.Count > 0 && place > 0 && spec.Vms[place - 1].Name == vm.Name ? firstOfName : Waiting.Count;
            for (var index = 0; index < vm.Instances; index++)
            {
                var variant = vm.Variants.Count > 0 ? vm.Variants[index] : null;
                var number = variant?.Number ?? index;
                var id = string.Create(CultureInfo.InvariantCulture, $"{vm.Name}-{number}");
                Waiting.Enqueue(new ScenarioInstance(firstOfName + number, id, vm, variant));
            }
        }
    }

    /// <summary>The scenario.</summary>
    public ScenarioSpec Spec { get; }

    /// <summary>Who waits for its result.</summary>
    public IActorRef Asker { get; }

    /// <summary>When it began, in <see cref="Stopwatch"/> ticks.</summary>
    public long Started { get; }

    /// <summary>Its span; null when nobody listens.</summary>
    public Activity? Span { get; }

    /// <summary>What is kept of its exits; null when nothing was asked for.</summary>
    public ScenarioRecording? Recording { get; }

    /// <summary>Instances that have no slot yet.</summary>
    public Queue<ScenarioInstance> Waiting { get; } = [];

    /// <summary>Instances that failed and wait for their back-off, by order.</summary>
    public Dictionary<int, ScenarioInstance> Resting { get; } = [];

    /// <summary>The slots, each with the instance it took in last.</summary>
    public Dictionary<IActorRef, ScenarioInstance> Slots { get; } = [];

    /// <summary>The slots whose instance has told its result.</summary>
    public HashSet<IActorRef> Settled { get; } = [];

    /// <summary>How many instances had to wait for memory or threads.</summary>
    public int DelayedStarts { get; set; }

    /// <summary>How many VMs had not ended when it was reported.</summary>
    public int LeftBehind { get; set; }

    /// <summary>Whether it was ended early.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Why it could not go on; null when it could.</summary>
    public string? Problem { get; set; }

    /// <summary>Whether nothing is started any more.</summary>
    public bool IsEnding => IsCancelled || Problem is not null;

    /// <summary>Whether nothing runs and nothing waits.</summary>
    public bool IsOver => Slots.Count == 0 && Waiting.Count == 0 && Resting.Count == 0;

    /// <summary>Takes note of an instance's result; a later run's takes its place.</summary>
    public void Add(ScenarioInstance instance, VmResult result) =>
        _results[instance.Order] = result with
        {
            Restarts = instance.Restarts,
            IsQuarantined = instance.IsQuarantined,
            Matrix = instance.Variant?.Matrix ?? VmVariant.NoMatrix,
        };

    /// <summary>Takes note of what an instance did.</summary>
    public void Add(ScenarioInstance instance, ExitStatistics statistics) => _statistics[instance.Spec.Name].Add(statistics);

    /// <summary>What became of it, as far as is known.</summary>
    public ScenarioResult ToResult() =>
        new(Spec.Name, Stopwatch.GetElapsedTime(Started), IsCancelled, [.. _results.Values], ExitStatistics.SumOf(_statistics.Values))
        {
            StatisticsByName = _statistics,
            Recording = Recording,
            Problem = Problem,
            DelayedStarts = DelayedStarts,
            LeftBehind = LeftBehind,
        };
}
