using System.Diagnostics;
using KvmActors.Interop.Kvm;

namespace KvmActors.Machine.Statistics;

/// <summary>The two durations of one kind of exit.</summary>
/// <param name="Guest">Inside KVM_RUN, up to the exit.</param>
/// <param name="Host">From the exit to the next KVM_RUN.</param>
public sealed record ExitDurations(LatencyHistogram Guest, LatencyHistogram Host);

/// <summary>
/// Every exit's durations by reason and by site, and every call's by number. What a number means is the business of whoever serves
/// the calls. One writer, the vCPU's thread; any thread may
/// read meanwhile, but for <see cref="MissingCalls"/>. Allocates only when a kind occurs for the first time.
/// </summary>
/// <param name="spares">Where histograms take their room from, so that the writer need not allocate; null to do without.</param>
public sealed class ExitStatistics(HistogramRows? spares = null)
{
    // Reasons past the table are so rare that they may share a row.
    private const int ReasonRows = 64;

    // Calls have numbers below this; the table of those that occurred grows to it in two steps, for most guests use the first ones.
    private const int CallRows = 640, ClassicCallRows = 96;

    // Of numbers past the calls', which only a broken or hostile guest has, so many are told apart.
    private const int MaxStrangeNumbers = 512;

    // Constants to the compiler by the time it matters.
    private static readonly bool TicksAreNanoseconds = Stopwatch.Frequency == 1_000_000_000;
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly ExitDurations?[] _exits = new ExitDurations?[ReasonRows];
    private readonly SiteTable _sites = new(spares);
    private readonly SortedDictionary<int, long> _missing = [];

    // By number; made with the first call, for many guests make none.
    private LatencyHistogram?[] _calls = [];

    private long _gcOverlaps;

    /// <summary>The kinds of exit that occurred. Those of several <see cref="Sites"/> are added up each time.</summary>
    public IEnumerable<(VcpuExitReason Reason, ExitDurations Durations)> Exits =>
        from row in Rows
        group row.Durations by row.Reason into kind
        orderby kind.Key
        select (kind.Key, SumOf([.. kind]));

    /// <summary>The calls that occurred, by number.</summary>
    public IEnumerable<(int Number, LatencyHistogram Durations)> Calls =>
        Volatile.Read(ref _calls).Index().Where(row => row.Item is not null).Select(row => (row.Index, row.Item!));

    /// <summary>
    /// The ports and devices in memory at which the guest exited, ordered. Of each vCPU, and of all that is added up, only the
    /// first 64 are told apart; the rest share a row for ports and one for addresses.
    /// </summary>
    public IEnumerable<(ExitSite Site, ExitDurations Durations)> Sites => _sites.Rows;

    /// <summary>How many exits there were.</summary>
    public long ExitCount => Rows.Sum(row => row.Durations.Host.Count);

    /// <summary>How many calls there were.</summary>
    public long CallCount => Calls.Sum(row => row.Durations.Count);

    /// <summary>Exits, with the time in the guest before them, during which the garbage collector ran.</summary>
    public long GcOverlaps => Volatile.Read(ref _gcOverlaps);

    /// <summary>How often calls were made that nobody serves, by number; -1 stands for numbers too many to tell apart.</summary>
    public IReadOnlyDictionary<int, long> MissingCalls => _missing;

    private IEnumerable<(VcpuExitReason Reason, ExitDurations Durations)> PlainExits =>
        _exits.Index().Where(row => row.Item is not null).Select(row => ((VcpuExitReason)row.Index, row.Item!));

    // Each exit is in exactly one of these.
    private IEnumerable<(VcpuExitReason Reason, ExitDurations Durations)> Rows =>
        PlainExits.Concat(Sites.Select(row => (row.Site.IsPort ? VcpuExitReason.Io : VcpuExitReason.Mmio, row.Durations)));

    /// <summary>How many exits there were of each kind that occurred.</summary>
    public IReadOnlyDictionary<VcpuExitReason, long> CountByReason() => Rows
        .GroupBy(row => row.Reason, row => row.Durations.Host.Count)
        .OrderBy(kind => kind.Key)
        .ToDictionary(kind => kind.Key, kind => kind.Sum());

    /// <summary>Adds the host's side of every exit to a histogram.</summary>
    public void AddHostSideTo(LatencyHistogram sum)
    {
        foreach (var (_, durations) in Rows)
        {
            sum.Add(durations.Host);
        }
    }

    /// <summary>Counts one exit that is neither at a port nor at an address.</summary>
    /// <param name="reason">Why the guest exited.</param>
    /// <param name="guestTicks">Time in KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="hostTicks">Time until the next KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    public void RecordExit(VcpuExitReason reason, long guestTicks, long hostTicks) => Record(RowOf(reason), guestTicks, hostTicks);

    /// <summary>Counts one exit at a port or an address.</summary>
    /// <param name="site">Where.</param>
    /// <param name="guestTicks">Time in KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="hostTicks">Time until the next KVM_RUN, in <see cref="Stopwatch"/> ticks.</param>
    public void RecordExit(in ExitSite site, long guestTicks, long hostTicks) => Record(_sites.RowOf(site), guestTicks, hostTicks);

    /// <summary>Counts one exit during which the garbage collector ran.</summary>
    public void RecordGcOverlap() => Volatile.Write(ref _gcOverlaps, _gcOverlaps + 1);

    /// <summary>Counts one call that has a result.</summary>
    /// <param name="number">Which, from 0 to 639.</param>
    /// <param name="ticks">How long it took, in <see cref="Stopwatch"/> ticks.</param>
    public void RecordCall(int number, long ticks) => HistogramOf(number).Record(ToNanoseconds(ticks));

    /// <summary>Counts one call that nobody serves.</summary>
    /// <param name="number">Its number. Of those from 640 on, and below 0, only so many are told apart.</param>
    public void RecordMissing(int number)
    {
        var isTold = (uint)number < CallRows || _missing.ContainsKey(number) || _missing.Count < MaxStrangeNumbers;
        var row = isTold ? number : -1;
        _missing[row] = _missing.GetValueOrDefault(row) + 1;
    }

    /// <summary>Adds the counts of another vCPU, which must have finished.</summary>
    public void Add(ExitStatistics other)
    {
        AddDurations(other);
        foreach (var (number, count) in other._missing)
        {
            _missing[number] = _missing.GetValueOrDefault(number) + count;
        }
    }

    /// <summary>What several vCPUs did together; they must have finished.</summary>
    public static ExitStatistics SumOf(IEnumerable<ExitStatistics> parts)
    {
        var sum = new ExitStatistics();
        foreach (var part in parts)
        {
            sum.Add(part);
        }

        return sum;
    }

    /// <summary>
    /// A copy, which nobody writes to, of what a vCPU has done so far. It may go on meanwhile, so the histograms of one exit may
    /// differ by the exits that came in between. Leaves <see cref="MissingCalls"/> out.
    /// </summary>
    public ExitStatistics Snapshot()
    {
        var copy = new ExitStatistics();
        copy.AddDurations(this);
        return copy;
    }

    /// <summary>
    /// Takes away an earlier <see cref="Snapshot"/> of the same, or a part of it; the longest durations stay. Leaves
    /// <see cref="MissingCalls"/> alone. Neither may be written to meanwhile.
    /// </summary>
    public void Subtract(ExitStatistics part)
    {
        foreach (var (reason, durations) in part.PlainExits)
        {
            Subtract(RowOf(reason), durations);
        }

        foreach (var (site, durations) in part.Sites)
        {
            Subtract(_sites.RowOf(site), durations);
        }

        foreach (var (number, durations) in part.Calls)
        {
            HistogramOf(number).Subtract(durations);
        }

        Volatile.Write(ref _gcOverlaps, _gcOverlaps - part.GcOverlaps);
    }

    private void AddDurations(ExitStatistics other)
    {
        foreach (var (reason, durations) in other.PlainExits)
        {
            Add(RowOf(reason), durations);
        }

        foreach (var (site, durations) in other.Sites)
        {
            Add(_sites.RowOf(site), durations);
        }

        foreach (var (number, durations) in other.Calls)
        {
            HistogramOf(number).Add(durations);
        }

        Volatile.Write(ref _gcOverlaps, _gcOverlaps + other.GcOverlaps);
    }

    private static ExitDurations SumOf(ExitDurations[] rows)
    {
        if (rows is [var only])
        {
            return only;
        }

        var sum = new ExitDurations(new LatencyHistogram(), new LatencyHistogram());
        foreach (var durations in rows)
        {
            Add(sum, durations);
        }

        return sum;
    }

    private static void Record(ExitDurations row, long guestTicks, long hostTicks)
    {
        row.Guest.Record(ToNanoseconds(guestTicks));
        row.Host.Record(ToNanoseconds(hostTicks));
    }

    private static long ToNanoseconds(long ticks) => Math.Max(0, TicksAreNanoseconds ? ticks : (long)(ticks * NanosecondsPerTick));

    private static void Add(ExitDurations sum, ExitDurations more)
    {
        sum.Guest.Add(more.Guest);
        sum.Host.Add(more.Host);
    }

    private static void Subtract(ExitDurations sum, ExitDurations part)
    {
        sum.Guest.Subtract(part.Guest);
        sum.Host.Subtract(part.Host);
    }

    private ExitDurations RowOf(VcpuExitReason reason)
    {
        ref var row = ref _exits[Math.Min((uint)reason, ReasonRows - 1)];
        if (row is null)
        {
            Volatile.Write(ref row, new ExitDurations(new LatencyHistogram(spares), new LatencyHistogram(spares)));
        }

        return row;
    }

    private LatencyHistogram HistogramOf(int number)
    {
        if (number >= _calls.Length)
        {
            var more = new LatencyHistogram?[number < ClassicCallRows ? ClassicCallRows : CallRows];
            _calls.CopyTo(more, 0);
            Volatile.Write(ref _calls, more);
        }

        ref var row = ref _calls[number];
        if (row is null)
        {
            Volatile.Write(ref row, new LatencyHistogram(spares));
        }

        return row;
    }
}
