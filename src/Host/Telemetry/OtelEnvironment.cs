namespace KvmActors.Host.Telemetry;

/// <summary>Those of OpenTelemetry's standard environment variables that its SDK leaves to the program.</summary>
internal static class OtelEnvironment
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Whether OTEL_SERVICE_NAME, or service.name in OTEL_RESOURCE_ATTRIBUTES, names the program.</summary>
    public static bool NamesService =>
        IsSet("OTEL_SERVICE_NAME")
        || (Read("OTEL_RESOURCE_ATTRIBUTES") ?? "").Split(',').Any(pair => pair.TrimStart().StartsWith("service.name=", StringComparison.Ordinal));

    /// <summary>Whether a signal is to be exported by OTLP.</summary>
    /// <param name="signal">TRACES or METRICS.</param>
    public static bool Exports(string signal) =>
        (IsSet(Endpoint) || IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
        && Read($"OTEL_{signal}_EXPORTER") is null or "" or "otlp"
        && !string.Equals(Read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a variable is set to something.</summary>
    public static bool IsSet(string name) => Read(name) is { Length: > 0 };

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name);
}
