using System.Diagnostics;
using System.Globalization;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Telemetry;

/// <summary>The two durations of one kind of exit.</summary>
/// <param name="Guest">Inside KVM_RUN, up to the exit.</param>
/// <param name="Host">From the exit to the next KVM_RUN.</param>
public sealed record ExitDurations(LatencyHistogram Guest, LatencyHistogram Host);

/// <summary>
/// Every exit's durations by reason and every hypercall's by name. One writer, the vCPU's thread, until it is handed on;
/// allocates only when a kind occurs for the first time.
/// </summary>
public sealed class ExitStatistics
{
    // Reasons past the table are so rare that they may share a row.
    private const int ReasonRows = 64;

    private const int MaxMissing = 512;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly ExitDurations?[] _exits = new ExitDurations?[ReasonRows];
    private readonly LatencyHistogram?[] _hypercalls = new LatencyHistogram?[(int)HypercallId.Unknown + 1];
    private readonly SortedDictionary<int, long> _missing = [];

    /// <summary>The kinds of exit that occurred.</summary>
    public IEnumerable<(VcpuExitReason Reason, ExitDurations Durations)> Exits =>
        _exits.Index().Where(row => row.Item is not null).Select(row => ((VcpuExitReason)row.Index, row.Item!));

    /// <summary>The kinds of hypercall that occurred.</summary>
    public IEnumerable<(HypercallId Id, LatencyHistogram Durations)> Hypercalls =>
        _hypercalls.Index().Where(row => row.Item is not null).Select(row => ((HypercallId)row.Index, row.Item!));

    /// <summary>How often system calls were made that nobody serves, by name, or by number where there is no name.</summary>
    public IReadOnlyDictionary<string, long> MissingSystemCalls =>
        _missing.ToDictionary(row => SyscallNames.Find(row.Key) ?? row.Key.ToString(CultureInfo.InvariantCulture), row => row.Value);

    /// <summary>Counts one exit.</summary>
    /// <param name="reason">Why the guest exited.</param>
    /// <param name="guestTicks">Time in KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="hostTicks">Time until the next KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    public void RecordExit(VcpuExitReason reason, long guestTicks, long hostTicks)
    {
        var row = RowOf(reason);
        row.Guest.Record((long)(guestTicks * NanosecondsPerTick));
        row.Host.Record((long)(hostTicks * NanosecondsPerTick));
    }

    /// <summary>Counts one hypercall that has a result.</summary>
    /// <param name="id">Which.</param>
    /// <param name="ticks">How long it took, in <see cref="Stopwatch"/> ticks.</param>
    public void RecordHypercall(HypercallId id, long ticks) =>
        HistogramOf(id).Record((long)(ticks * NanosecondsPerTick));

    /// <summary>Counts one system call that nobody serves.</summary>
    /// <param name="number">Its number. Of numbers without a name only so many are told apart.</param>
    public void RecordMissing(int number)
    {
        var known = SyscallNames.Find(number) is not null || _missing.ContainsKey(number) || _missing.Count < MaxMissing;
        var row = known ? number : -1;
        _missing[row] = _missing.GetValueOrDefault(row) + 1;
    }

    /// <summary>Adds the counts of another vCPU, which must have finished.</summary>
    public void Add(ExitStatistics other)
    {
        foreach (var (reason, durations) in other.Exits)
        {
            var row = RowOf(reason);
            row.Guest.Add(durations.Guest);
            row.Host.Add(durations.Host);
        }

        foreach (var (id, durations) in other.Hypercalls)
        {
            HistogramOf(id).Add(durations);
        }

        foreach (var (number, count) in other._missing)
        {
            _missing[number] = _missing.GetValueOrDefault(number) + count;
        }
    }

    private ExitDurations RowOf(VcpuExitReason reason) =>
        _exits[Math.Min((uint)reason, ReasonRows - 1)] ??= new ExitDurations(new LatencyHistogram(), new LatencyHistogram());

    private LatencyHistogram HistogramOf(HypercallId id) => _hypercalls[(int)id] ??= new LatencyHistogram();
}
