using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Telemetry;

/// <summary>
/// The one <see cref="ActivitySource"/> and meter of the program, and how its spans and metrics are made.
/// Durations are in seconds. Metrics are tagged by reason, hypercall and VM name, never by instance.
/// </summary>
public static partial class KvmTelemetry
{
    /// <summary>The name of the source and of the meter.</summary>
    public const string Name = "KvmActors";

    /// <summary>The version of both.</summary>
    public static string Version =>
        typeof(KvmTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>OpenTelemetry's attribute for what kind of error something ended with.</summary>
    private const string ErrorTypeTag = "error.type";

    private const string OutcomeTag = "kvm.vm.outcome";
    private const string VmNameTag = "kvm.vm.name";
    private const string ReasonTag = "kvm.exit.reason";
    private const string HypercallTag = "kvm.hypercall.name";

    // include/linux/err.h: MAX_ERRNO.
    private const int MaxErrno = 4095;

    /// <summary>All spans come from here.</summary>
    public static readonly ActivitySource Source = new(Name, Version);

    /// <summary>Starts a span under an explicit parent. It never becomes the ambient one: actors share threads.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="parent">Its parent; default for a trace of its own.</param>
    /// <param name="startTime">When it began; default for now.</param>
    /// <param name="link">A span it has to do with; default for none.</param>
    /// <returns>Null when nobody listens.</returns>
    public static Activity? StartSpan(string name, ActivityContext parent, DateTimeOffset startTime = default, ActivityContext link = default)
    {
        var ambient = Activity.Current;
        Activity.Current = null;
        ActivityLink[]? links = link == default ? null : [new ActivityLink(link)];
        var span = Source.StartActivity(name, ActivityKind.Internal, parent, links: links, startTime: startTime);
        Activity.Current = ambient;
        return span;
    }

    /// <summary>What spans below this one have as their parent: itself or, when it is not made, its own parent.</summary>
    public static ActivityContext ParentFor(Activity? span, ActivityContext parent) => span?.Context ?? parent;

    /// <summary>Marks a moment on a span.</summary>
    /// <param name="span">The span; null for none.</param>
    /// <param name="name">What happened.</param>
    /// <param name="ticks">When, in <see cref="Stopwatch"/> ticks; 0 for now.</param>
    public static void AddEvent(Activity? span, string name, long ticks = 0) =>
        span?.AddEvent(new ActivityEvent(name, ticks == 0 ? default : TimeOf(ticks)));

    /// <summary>Turns the exits that were picked into spans of their vCPU's span.</summary>
    public static void EmitExitSpans(ExitSampler sampler, Activity vcpu)
    {
        // One reading of both clocks relates the ticks of all samples to the time of day that spans are stamped with.
        var nowTicks = Stopwatch.GetTimestamp();
        var now = DateTimeOffset.UtcNow;
        foreach (ref readonly var sample in sampler.Samples)
        {
            var (exited, handled) = (TimeOf(sample.Exited), TimeOf(sample.Handled).UtcDateTime);
            using (var exit = StartSpan("exit", vcpu.Context, exited))
            {
                exit?.SetTag(ReasonTag, sample.Reason.ToString());
                exit?.SetTag("kvm.guest.duration", Stopwatch.GetElapsedTime(sample.Entered, sample.Exited).TotalSeconds);
                if (sample.Reason == Interop.Kvm.VcpuExitReason.Io)
                {
                    exit?.SetTag("kvm.io.port", $"0x{sample.Port:x}");
                }
                else if (sample.Reason == Interop.Kvm.VcpuExitReason.Mmio)
                {
                    exit?.SetTag("kvm.mmio.address", $"0x{sample.Address:x}");
                }

                exit?.SetEndTime(handled);
            }

            if (sample.Call is { } number)
            {
                using var hypercall = StartSpan("hypercall", vcpu.Context, exited);
                hypercall?.SetTag(HypercallTag, CallNames.NameOf(number));
                hypercall?.SetTag("kvm.hypercall.result", sample.CallResult);
                if (sample.CallResult is < 0 and >= -MaxErrno)
                {
                    // The guest's mistake, as a rule, and no failure of who serves it: the status stays as it is.
                    hypercall?.SetTag(ErrorTypeTag, Describe((Errno)(-sample.CallResult)));
                }

                if (sample.Path is { } path)
                {
                    hypercall?.SetTag("kvm.hypercall.path", path);
                }

                hypercall?.SetEndTime(handled);
            }
        }

        if (sampler.Dropped > 0)
        {
            vcpu.SetTag("kvm.exit.spans.dropped", sampler.Dropped);
        }

        DateTimeOffset TimeOf(long ticks) => now - Stopwatch.GetElapsedTime(ticks, nowTicks);
    }

    /// <summary>Writes a VM's outcome on its span.</summary>
    /// <param name="span">The span; null for none.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="isSuccess">Whether it was meant to end so.</param>
    /// <param name="message">What went wrong; null when nothing did.</param>
    public static void SetOutcome(Activity? span, VmOutcome outcome, bool isSuccess, string? message)
    {
        span?.SetTag(OutcomeTag, outcome.ToString());
        if (message is not null || !isSuccess)
        {
            SetError(span, outcome.ToString(), message);
        }
    }

    /// <summary>Marks a span as failed.</summary>
    /// <param name="span">The span; null for none.</param>
    /// <param name="type">What kind of error: a word out of few.</param>
    /// <param name="message">What went wrong, in a line.</param>
    public static void SetError(Activity? span, string type, string? message)
    {
        span?.SetTag(ErrorTypeTag, type);
        span?.SetStatus(ActivityStatusCode.Error, message);
    }

    private static string Describe(Errno errno) =>
        Enum.IsDefined(errno) ? errno.ToString() : ((int)errno).ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset TimeOf(long ticks) => DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(ticks);
}
