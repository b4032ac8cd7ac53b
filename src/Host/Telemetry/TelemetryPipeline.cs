using System.Diagnostics.Metrics;
using KvmActors.Actors.Telemetry;
using KvmActors.Library.Checking;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KvmActors.Host.Telemetry;

/// <summary>
/// Collects spans and metrics when somebody wants them: a tree of each trace with <c>--trace</c>, and OTLP when the standard
/// OTEL_EXPORTER_OTLP_ENDPOINT (or its per-signal variants) is set. Otherwise nothing listens and nothing is made.
/// </summary>
internal sealed class TelemetryPipeline : IDisposable
{
    private const string QueueSizeVariable = "OTEL_BSP_MAX_QUEUE_SIZE";
    private const string AggregationVariable = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

    // The SDK's default of 2,048 is less than one vCPU may have to tell.
    private const int QueueSize = 16_384;

    private readonly OpenTelemetrySdk _sdk;
    private readonly Timer? _live;

    private TelemetryPipeline(OpenTelemetrySdk sdk)
    {
        _sdk = sdk;
        if (OtelEnvironment.Exports("METRICS"))
        {
            // Twice for each export, so that what is exported is no older than half the time between two.
            var period = OtelEnvironment.MetricExportInterval / 2;
            _live = new Timer(_ => KvmTelemetry.HandOnLive(), null, period, period);
        }
    }

    /// <summary>Starts collecting.</summary>
    /// <param name="traceTrees">Where trees of traces go; null for nowhere.</param>
    /// <exception cref="ConfigurationException">OpenTelemetry does not take the environment's settings.</exception>
    public static TelemetryPipeline Start(TextWriter? traceTrees)
    {
        try
        {
            return new TelemetryPipeline(CreateSdk(traceTrees));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            throw new ConfigurationException($"an environment variable OTEL_…: {e.Message}");
        }
    }

    private static OpenTelemetrySdk CreateSdk(TextWriter? traceTrees) => OpenTelemetrySdk.Create(sdk =>
    {
        var exportsTraces = OtelEnvironment.Exports("TRACES");
        var exportsMetrics = OtelEnvironment.Exports("METRICS");
        sdk.ConfigureResource(Describe);
        if (traceTrees is not null || exportsTraces)
        {
            sdk.WithTracing(traces => Collect(traces, traceTrees, exportsTraces));
        }

        if (exportsMetrics)
        {
            sdk.WithMetrics(Collect);
        }

        if (exportsTraces || exportsMetrics)
        {
            // This one, unlike AddOtlpExporter, knows the variables of a single signal.
            sdk.UseOtlpExporter();
        }
    });

    /// <summary>Sends what is left and stops collecting.</summary>
    public void Dispose()
    {
        _live?.Dispose();

        // What did not end in time goes on, but is not heard of any more.
        KvmTelemetry.HandOnLive();
        KvmTelemetry.FlushMetrics();
        _sdk.Dispose();
    }

    private static void Collect(TracerProviderBuilder traces, TextWriter? trees, bool exports)
    {
        traces.AddSource(KvmTelemetry.Name);
        if (trees is not null)
        {
            traces.AddProcessor(new SimpleActivityExportProcessor(new SpanTreeExporter(trees)));
        }

        if (!exports)
        {
            return;
        }

        if (!OtelEnvironment.IsSet(QueueSizeVariable))
        {
            traces.ConfigureServices(services => services.Configure<BatchExportActivityProcessorOptions>(options => options.MaxQueueSize = QueueSize));
        }

        traces.AddProcessor(services => new SpanBackPressure(
            services.GetRequiredService<Microsoft.Extensions.Options.IOptions<BatchExportActivityProcessorOptions>>().Value.MaxQueueSize / 4));
    }

    private static void Collect(MeterProviderBuilder metrics)
    {
        metrics.AddMeter(KvmTelemetry.Name, "System.Runtime");
        if (!OtelEnvironment.IsSet(AggregationVariable))
        {
            // From nanoseconds to minutes in one histogram: no list of boundaries serves both ends.
            metrics.AddView(instrument => instrument.Meter.Name == KvmTelemetry.Name && instrument is Histogram<double>
                ? new Base2ExponentialBucketHistogramConfiguration()
                : null);
        }
    }

    // A name from the environment comes first.
    private static void Describe(ResourceBuilder resource)
    {
        if (!OtelEnvironment.NamesService)
        {
            resource.AddService("kvmactors", serviceVersion: ProgramVersion.Current);
        }
        else if (!OtelEnvironment.NamesVersion)
        {
            resource.AddAttributes([new KeyValuePair<string, object>("service.version", ProgramVersion.Current)]);
        }
    }
}
