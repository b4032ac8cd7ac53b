using KvmActors.Actors.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KvmActors.Host.Telemetry;

/// <summary>
/// Collects spans and metrics when somebody wants them: a line for each span with <c>--trace</c>, and OTLP when the standard
/// OTEL_EXPORTER_OTLP_ENDPOINT (or its per-signal variants) is set. Otherwise nothing listens and nothing is made.
/// </summary>
internal sealed class TelemetryPipeline : IDisposable
{
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private TelemetryPipeline(TracerProvider? traces, MeterProvider? metrics)
    {
        _traces = traces;
        _metrics = metrics;
    }

    /// <summary>Starts collecting.</summary>
    /// <param name="traceLines">Where lines for spans go; null for none.</param>
    public static TelemetryPipeline Start(TextWriter? traceLines)
    {
        var exportsTraces = HasEndpoint("TRACES");
        var exportsMetrics = HasEndpoint("METRICS");
        TracerProvider? traces = null;
        if (traceLines is not null || exportsTraces)
        {
            var builder = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(KvmTelemetry.Name);
            if (traceLines is not null)
            {
                builder.AddProcessor(new SimpleActivityExportProcessor(new SpanLineExporter(traceLines)));
            }

            traces = (exportsTraces ? builder.AddOtlpExporter() : builder).Build();
        }

        var metrics = exportsMetrics
            ? Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(KvmTelemetry.Name).AddOtlpExporter().Build()
            : null;
        return new TelemetryPipeline(traces, metrics);
    }

    /// <summary>Sends what is left and stops collecting.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private static bool HasEndpoint(string signal) =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
        || Environment.GetEnvironmentVariable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 };

    // OTEL_SERVICE_NAME, where set, comes first.
    private static void Describe(ResourceBuilder resource)
    {
        if (Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is not { Length: > 0 })
        {
            resource.AddService("kvmactors");
        }
    }
}
