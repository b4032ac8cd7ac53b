using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// The one <see cref="ActivitySource"/> and <see cref="Meter"/> of the program, and how its spans and metrics are made.
/// Durations are in seconds. Metrics are tagged by reason, hypercall and VM name, never by instance.
/// </summary>
public static class KvmTelemetry
{
    /// <summary>The name of the source and of the meter.</summary>
    public const string Name = "KvmActors";

    private const string VmNameTag = "kvm.vm.name";
    private const string ReasonTag = "kvm.exit.reason";
    private const string HypercallTag = "kvm.hypercall.name";

    /// <summary>All spans come from here.</summary>
    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Exits =
        Meter.CreateCounter<long>("kvm.vcpu.exits", "{exit}", "VM exits.");

    private static readonly Histogram<double> ExitDuration =
        Meter.CreateHistogram<double>("kvm.vcpu.exit.duration", "s", "Time from a VM exit to the next entry.");

    private static readonly Histogram<double> GuestDuration =
        Meter.CreateHistogram<double>("kvm.vcpu.guest.duration", "s", "Time inside KVM_RUN.");

    private static readonly Histogram<double> HypercallDuration =
        Meter.CreateHistogram<double>("kvm.hypercall.duration", "s", "Time to carry out a hypercall.");

    private static readonly Histogram<double> StartDuration =
        Meter.CreateHistogram<double>("kvm.vm.start.duration", "s", "Time from asking for a VM to its first entry.");

    private static readonly UpDownCounter<long> ActiveVms =
        Meter.CreateUpDownCounter<long>("kvm.vm.active", "{vm}", "VMs that exist.");

    /// <summary>Starts a span under an explicit parent. It never becomes the ambient one: actors share threads.</summary>
    /// <returns>Null when nobody listens.</returns>
    public static Activity? StartSpan(string name, ActivityContext parent, DateTimeOffset startTime = default)
    {
        var ambient = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(name, ActivityKind.Internal, parent, startTime: startTime);
        Activity.Current = ambient;
        return span;
    }

    /// <summary>Counts a VM that begins to exist.</summary>
    public static void VmCreated(string vmName) => ActiveVms.Add(1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Counts a VM that is gone.</summary>
    public static void VmClosed(string vmName) => ActiveVms.Add(-1, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>Records how long a VM took to start.</summary>
    public static void VmEntered(string vmName, TimeSpan duration) =>
        StartDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(VmNameTag, vmName));

    /// <summary>
    /// Records what a vCPU did. Done once it has stopped, from its histograms: between two entries even an empty instrument
    /// would cost more than the bookkeeping.
    /// </summary>
    public static void RecordVcpu(string vmName, ExitStatistics statistics)
    {
        var vm = new KeyValuePair<string, object?>(VmNameTag, vmName);
        foreach (var (reason, durations) in statistics.Exits)
        {
            var tag = new KeyValuePair<string, object?>(ReasonTag, reason.ToString());
            Exits.Add(durations.Host.Count, vm, tag);
            Record(ExitDuration, durations.Host, vm, tag);
            Record(GuestDuration, durations.Guest, vm, tag);
        }

        foreach (var (id, durations) in statistics.Hypercalls)
        {
            Record(HypercallDuration, durations, vm, new KeyValuePair<string, object?>(HypercallTag, NameOf(id)));
        }
    }

    /// <summary>Turns the exits that were picked into spans of their vCPU's span.</summary>
    public static void EmitExitSpans(ExitSampler sampler, Activity vcpu)
    {
        // One reading of both clocks relates the ticks of the samples to the time of day that spans are stamped with.
        var nowTicks = Stopwatch.GetTimestamp();
        var now = DateTimeOffset.UtcNow;
        foreach (ref readonly var sample in sampler.Samples)
        {
            using (var exit = StartSpan("exit", vcpu.Context, TimeOf(sample.Exited)))
            {
                exit?.SetTag(ReasonTag, sample.Reason.ToString());
                exit?.SetTag("kvm.guest.duration", Stopwatch.GetElapsedTime(sample.Entered, sample.Exited).TotalSeconds);
                if (sample.Reason == Interop.Kvm.VcpuExitReason.Io)
                {
                    exit?.SetTag("kvm.io.port", $"0x{sample.Port:x}");
                }

                exit?.SetEndTime(TimeOf(sample.Handled).UtcDateTime);
            }

            if (sample.Hypercall is { } id)
            {
                using var hypercall = StartSpan("hypercall", vcpu.Context, TimeOf(sample.Exited));
                hypercall?.SetTag(HypercallTag, NameOf(id));
                hypercall?.SetTag("kvm.hypercall.result", sample.HypercallResult);
                hypercall?.SetEndTime(TimeOf(sample.Handled).UtcDateTime);
            }
        }

        if (sampler.Dropped > 0)
        {
            vcpu.SetTag("kvm.exit.spans.dropped", sampler.Dropped);
        }

        DateTimeOffset TimeOf(long ticks) => now - Stopwatch.GetElapsedTime(ticks, nowTicks);
    }

    /// <summary>A hypercall's name as users know it, for example <c>read</c>.</summary>
    public static string NameOf(HypercallId id) => SyscallNames.Find((int)id) ?? id.ToString().ToLowerInvariant();

    /// <summary>Writes a VM's outcome on its span.</summary>
    public static void SetOutcome(Activity? span, VmOutcome outcome, string? message)
    {
        span?.SetTag("kvm.vm.outcome", outcome.ToString());
        if (message is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, message);
        }
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
            for (var index = 0L; index < count; index++)
            {
                instrument.Record(nanoseconds / 1e9, vm, kind);
            }
        }
    }
}
