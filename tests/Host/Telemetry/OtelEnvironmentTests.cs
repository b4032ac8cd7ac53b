using KvmActors.Library.Tests.Support;
using KvmActors.Host.Telemetry;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Host.Tests.Telemetry;

[Collection(SerialCollection.Name)]
public sealed class OtelEnvironmentTests : IDisposable
{
    private readonly EnvironmentScope _environment = new();

    public OtelEnvironmentTests()
    {
        foreach (var name in (string[])
            [
                "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            ])
        {
            _environment[name] = null;
        }
    }

    public void Dispose() => _environment.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=")]
    [InlineData(true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://localhost:4317")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://localhost:4317")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317", "OTEL_TRACES_EXPORTER=none")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317", "OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=console")]
    [InlineData(false, false, "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317", "OTEL_SDK_DISABLED=TRUE")]
    [InlineData(true, true, "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317", "OTEL_SDK_DISABLED=false")]
    [InlineData(false, false, "OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=otlp")]
    public void Exports_Signal_NeedsAnEndpointAndNothingAgainstIt(bool traces, bool metrics, params string[] variables)
    {
        Set(variables);

        Assert.Equal((traces, metrics), (OtelEnvironment.Exports("TRACES"), OtelEnvironment.Exports("METRICS")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(false, "OTEL_SERVICE_NAME=")]
    [InlineData(true, "OTEL_SERVICE_NAME=mine")]
    [InlineData(true, "OTEL_RESOURCE_ATTRIBUTES=service.name=mine")]
    [InlineData(true, "OTEL_RESOURCE_ATTRIBUTES=host.name=here, service.name=mine")]
    [InlineData(false, "OTEL_RESOURCE_ATTRIBUTES=service.namespace=ours,other.service.name=x")]
    public void NamesService_EitherVariable_Counts(bool expected, params string[] variables)
    {
        Set(variables);

        Assert.Equal(expected, OtelEnvironment.NamesService);
    }

    private void Set(string[] variables)
    {
        foreach (var variable in variables)
        {
            var parts = variable.Split('=', 2);
            _environment[parts[0]] = parts[1];
        }
    }
}
