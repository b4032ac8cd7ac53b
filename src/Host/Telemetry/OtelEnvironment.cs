using System.Globalization;

namespace KvmActors.Host.Telemetry;

/// <summary>Those of OpenTelemetry's standard environment variables that its SDK leaves to the program.</summary>
internal static class OtelEnvironment
{
    // Reading statistics more often would tell little and cost something.
    private const int LeastInterval = 100;

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Whether OTEL_SERVICE_NAME, or service.name in OTEL_RESOURCE_ATTRIBUTES, names the program.</summary>
    public static bool NamesService =>
        IsSet("OTEL_SERVICE_NAME")
        || NamesAttribute("service.name");

    /// <summary>Whether service.version in OTEL_RESOURCE_ATTRIBUTES tells the program's version.</summary>
    public static bool NamesVersion => NamesAttribute("service.version");

    /// <summary>The time between two exports of metrics: OTEL_METRIC_EXPORT_INTERVAL in milliseconds, a minute when it is not set or wrong.</summary>
    public static TimeSpan MetricExportInterval =>
        int.TryParse(Read("OTEL_METRIC_EXPORT_INTERVAL"), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0
            ? TimeSpan.FromMilliseconds(Math.Max(LeastInterval, milliseconds))
            : TimeSpan.FromMinutes(1);

    /// <summary>Whether a signal is to be exported by OTLP.</summary>
    /// <param name="signal">TRACES or METRICS.</param>
    public static bool Exports(string signal) =>
        (IsSet(Endpoint) || IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
        && Read($"OTEL_{signal}_EXPORTER") is null or "" or "otlp"
        && !string.Equals(Read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a variable is set to something.</summary>
    public static bool IsSet(string name) => Read(name) is { Length: > 0 };

    private static bool NamesAttribute(string name) =>
        (Read("OTEL_RESOURCE_ATTRIBUTES") ?? "").Split(',').Any(pair => pair.TrimStart().StartsWith($"{name}=", StringComparison.Ordinal));

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name);
}
