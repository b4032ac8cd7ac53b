namespace KvmActors.Machine.Recording;

/// <summary>What was kept of one vCPU; its writer has let go of it. Times in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
/// <param name="Index">The vCPU's number.</param>
/// <param name="Entered">When it first entered the guest.</param>
/// <param name="Left">When it left for good.</param>
/// <param name="Latencies">All its exits over time.</param>
public sealed record VcpuRecording(int Index, long Entered, long Left, LatencyOverTime Latencies)
{
    /// <summary>The name of the program's thread that it ran; null when it is not known.</summary>
    public string? ThreadName { get; init; }

    /// <summary>Its slowest exits, slowest first, at most <see cref="SlowestKept"/>.</summary>
    public IReadOnlyList<SlowExit> Slowest { get; init; } = [];

    /// <summary>Its newest exits, oldest first; empty without a timeline.</summary>
    public IReadOnlyList<RecordedExit> Timeline { get; init; } = [];

    /// <summary>Older exits that the timeline had no room for.</summary>
    public long Dropped { get; init; }

    /// <summary>How many of the slowest exits are kept.</summary>
    public const int SlowestKept = SlowestExits.Capacity;
}
