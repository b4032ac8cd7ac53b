using KvmActors.Machine.Recording;

namespace KvmActors.Actors.Results;

/// <summary>What was kept of one VM.</summary>
/// <param name="Vcpus">Of its vCPUs.</param>
/// <param name="Operations">What had to wait for its turn at the gate, oldest first.</param>
/// <param name="OperationsDropped">Older operations that there was no room for.</param>
public sealed record VmRecording(IReadOnlyList<VcpuRecording> Vcpus, IReadOnlyList<RecordedOperation> Operations, long OperationsDropped);

/// <summary>One of a scenario's slowest exits.</summary>
/// <param name="Vm">The instance.</param>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Slow">The exit.</param>
public sealed record SlowestExit(string Vm, int Vcpu, SlowExit Slow);

/// <summary>One VM's part of the timeline.</summary>
/// <param name="Vm">What became of it.</param>
/// <param name="Recording">What was kept of it.</param>
public sealed record VmTimeline(VmResult Vm, VmRecording Recording);

/// <summary>What was kept of a whole scenario. Belongs to the scenario's actor until it is handed on.</summary>
/// <param name="options">What to keep.</param>
/// <param name="origin">The scenario's start, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</param>
public sealed class ScenarioRecording(RecordingOptions options, long origin)
{
    private readonly List<SlowestExit> _slowest = [];
    // A VM may be started again for ever.
    private const int MaxRunsOfOneVm = 8;

    private readonly List<VmTimeline> _timelines = [];
    private readonly Dictionary<string, int> _runs = [];

    /// <summary>The scenario's start, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public long Origin { get; } = origin;

    /// <summary>All exits over time.</summary>
    public LatencyOverTime Latencies { get; } = new(origin);

    /// <summary>The slowest exits, slowest first.</summary>
    public IReadOnlyList<SlowestExit> Slowest => _slowest;

    /// <summary>The timelines, in the order the VMs ended, of the last eight runs of each; empty without a timeline.</summary>
    public IReadOnlyList<VmTimeline> Timelines => _timelines;

    /// <summary>Adds a VM that has ended.</summary>
    public void Add(VmResult vm, VmRecording recording)
    {
        foreach (var vcpu in recording.Vcpus)
        {
            Latencies.Add(vcpu.Latencies);
            _slowest.AddRange(vcpu.Slowest.Select(slow => new SlowestExit(vm.Id, vcpu.Index, slow)));
        }

        _slowest.Sort((one, other) => other.Slow.Exit.WorkTicks.CompareTo(one.Slow.Exit.WorkTicks));
        if (_slowest.Count > VcpuRecording.SlowestKept)
        {
            _slowest.RemoveRange(VcpuRecording.SlowestKept, _slowest.Count - VcpuRecording.SlowestKept);
        }

        if (options.TimelineExits > 0)
        {
            _timelines.Add(new VmTimeline(vm, recording));
            var runs = _runs.GetValueOrDefault(vm.Id);
            if (runs < MaxRunsOfOneVm)
            {
                _runs[vm.Id] = runs + 1;
            }
            else
            {
                _timelines.RemoveAt(_timelines.FindIndex(timeline => timeline.Vm.Id == vm.Id));
            }
        }
    }
}
