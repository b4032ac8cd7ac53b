using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvmActors.Actors.Specs;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Telemetry;

/// <content>The metrics.</content>
public static partial class KvmTelemetry
{
    private const string MessageTag = "kvmactors.message.type";

    private static readonly Meter Meter = new(Name, Version);

    private static readonly Counter<long> Exits =
        Meter.CreateCounter<long>("kvm.vcpu.exits", "{exit}", "VM exits.");

    private static readonly Counter<long> GcOverlaps =
        Meter.CreateCounter<long>("kvm.vcpu.exits.gc_overlapped", "{exit}", "VM exits during which the garbage collector ran.");

    private static readonly Histogram<double> ExitDuration =
        Meter.CreateHistogram<double>("kvm.vcpu.exit.duration", "s", "Time from a VM exit to the next entry.");

    private static readonly Histogram<double> GuestDuration =
        Meter.CreateHistogram<double>("kvm.vcpu.guest.duration", "s", "Time inside KVM_RUN.");

    private static readonly Histogram<double> HypercallDuration =
        Meter.CreateHistogram<double>("kvm.hypercall.duration", "s", "Time to carry out a hypercall.");

    private static readonly Histogram<double> StartDuration =
        Meter.CreateHistogram<double>("kvm.vm.start.duration", "s", "Time from asking for a VM to its first entry.");

    private static readonly Histogram<double> RunDuration =
        Meter.CreateHistogram<double>("kvm.vm.run.duration", "s", "Time from a VM's first entry to the end of its last vCPU.");

    private static readonly UpDownCounter<long> ActiveVms =
        Meter.CreateUpDownCounter<long>("kvm.vm.active", "{vm}", "VMs that exist.");

    private static readonly Counter<long> Restarts =
        Meter.CreateCounter<long>("kvm.vm.restarts", "{restart}", "VMs started again.");

    private static readonly Counter<long> Quarantined =
        Meter.CreateCounter<long>("kvm.vm.quarantined", "{vm}", "VMs that used up their restarts.");

    private static readonly Histogram<double> MailboxWait =
        Meter.CreateHistogram<double>("kvmactors.mailbox.wait.duration", "s", "Time a message waits before its actor handles it.");

    private static readonly ObservableGauge<int> Threads =
        Meter.CreateObservableGauge("kvmactors.thread.count", CountThreads, "{thread}", "Threads of the process.");

    private static readonly MetricsRecorder Recorder = new(Record);

    private static readonly LiveVcpus Live = new(Recorder.Add);

    /// <summary>Counts a VM that begins to exist.</summary>
    public static void VmCreated(string vmName) => ActiveVms.Add(1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Counts a VM that is gone.</summary>
    public static void VmClosed(string vmName) => ActiveVms.Add(-1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Counts a VM that is started again.</summary>
    public static void VmRestarted(string vmName) => Restarts.Add(1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Counts a VM that has used up its restarts.</summary>
    public static void VmQuarantined(string vmName) => Quarantined.Add(1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Records how long a VM took to start.</summary>
    public static void VmEntered(string vmName, TimeSpan duration) =>
        StartDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Records how long a message has waited for its actor.</summary>
    /// <param name="message">Its type's name.</param>
    /// <param name="sent">When it was sent, in <see cref="Stopwatch"/> ticks.</param>
    public static void MessageHandled(string message, long sent)
    {
        if (MailboxWait.Enabled)
        {
            MailboxWait.Record(Stopwatch.GetElapsedTime(sent).TotalSeconds, new KeyValuePair<string, object?>(MessageTag, message));
        }
    }

    /// <summary>Records how a VM ended.</summary>
    /// <param name="vmName">The name its instances share.</param>
    /// <param name="outcome">How.</param>
    /// <param name="isSuccess">Whether it was meant to; otherwise the outcome is an error's type.</param>
    /// <param name="ran">How long it ran; zero when it never did.</param>
    public static void VmEnded(string vmName, VmOutcome outcome, bool isSuccess, TimeSpan ran)
    {
        var tags = new TagList { { VmNameTag, vmName }, { OutcomeTag, outcome.ToString() } };
        if (!isSuccess)
        {
            tags.Add(ErrorTypeTag, outcome.ToString());
        }

        RunDuration.Record(ran.TotalSeconds, tags);
    }

    /// <summary>
    /// A vCPU begins to write its statistics. Between two entries even an empty instrument would cost more than the bookkeeping, so
    /// they are read from outside: when <see cref="HandOnLive"/> is called, and at its end.
    /// </summary>
    public static void VcpuEntered(string vmName, ExitStatistics statistics)
    {
        if (Exits.Enabled || ExitDuration.Enabled || GuestDuration.Enabled || HypercallDuration.Enabled || GcOverlaps.Enabled)
        {
            Live.Add(vmName, statistics);
        }
    }

    /// <summary>A vCPU has stopped writing its statistics.</summary>
    public static void VcpuLeft(ExitStatistics statistics) => Live.Remove(statistics);

    /// <summary>
    /// Takes what vCPUs that run have done since the last time. An instrument takes one value at a time, so recording goes on in the
    /// background; <see cref="FlushMetrics"/> waits.
    /// </summary>
    public static void HandOnLive() => Live.HandOn();

    /// <summary>Blocks until everything that was taken has reached the instruments.</summary>
    public static void FlushMetrics() => Recorder.Flush();

    private static void Record(string vmName, ExitStatistics statistics)
    {
        var vm = new KeyValuePair<string, object?>(VmNameTag, vmName);
        foreach (var (reason, durations) in statistics.Exits)
        {
            var tag = new KeyValuePair<string, object?>(ReasonTag, reason.ToString());
            if (durations.Host.Count > 0)
            {
                Exits.Add(durations.Host.Count, vm, tag);
            }

            Record(ExitDuration, durations.Host, vm, tag);
            Record(GuestDuration, durations.Guest, vm, tag);
        }

        foreach (var (number, durations) in statistics.Calls)
        {
            Record(HypercallDuration, durations, vm, new KeyValuePair<string, object?>(HypercallTag, CallNames.NameOf(number)));
        }

        GcOverlaps.Add(statistics.GcOverlaps, vm);
    }

    private static void Record(
        Histogram<double> instrument, LatencyHistogram durations, KeyValuePair<string, object?> vm, KeyValuePair<string, object?> kind)
    {
        if (!instrument.Enabled)
        {
            return;
        }

        foreach (var (nanoseconds, count) in durations.Buckets())
        {
            var seconds = nanoseconds / 1e9;
            for (var index = 0L; index < count; index++)
            {
                instrument.Record(seconds, vm, kind);
            }
        }
    }

    private static int CountThreads()
    {
        try
        {
            return Directory.EnumerateDirectories("/proc/self/task").Count();
        }
        catch (IOException)
        {
            // A thread that ends while they are counted can make the listing fail; the next collection counts again.
            return 0;
        }
    }
}
