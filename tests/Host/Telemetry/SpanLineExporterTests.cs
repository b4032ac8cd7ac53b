using System.Diagnostics;
using KvmActors.Actors.Telemetry;

namespace KvmActors.Host.Telemetry;

public sealed class SpanLineExporterTests
{
    [Fact]
    public void Export_Spans_WritesALineEachIndentedByDepth()
    {
        using var writer = new StringWriter();
        using (TelemetryPipeline.Start(writer))
        {
            using var scenario = KvmTelemetry.StartSpan("scenario", default);
            using var vm = KvmTelemetry.StartSpan("vm", scenario!.Context);
            vm!.SetTag("kvm.vm.id", "reader-0");
            vm.SetStatus(ActivityStatusCode.Error, "it broke");
        }

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d+ [0-9a-f]{8}   vm [0-9.]+ µs vm\.id=reader-0 error=""it broke""$", lines[0]);
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d+ [0-9a-f]{8} scenario [0-9.]+ µs$", lines[1]);
    }
}
