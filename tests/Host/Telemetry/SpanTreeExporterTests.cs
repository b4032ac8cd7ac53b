using System.Diagnostics;
using KvmActors.Actors.Telemetry;
using KvmActors.Host.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace KvmActors.Host.Tests.Telemetry;

public sealed class SpanTreeExporterTests
{
    [Fact]
    public void Export_ATrace_WritesATreeWhenItsRootEnds()
    {
        using var writer = new StringWriter();
        using (TelemetryPipeline.Start(writer))
        {
            using var scenario = KvmTelemetry.StartSpan("scenario", default);
            var first = KvmTelemetry.StartSpan("vm", scenario!.Context);
            KvmTelemetry.AddEvent(first, "created");
            using (KvmTelemetry.StartSpan("vcpu", first!.Context))
            {
            }

            first.SetTag("kvm.vm.id", "reader-0");
            first.SetTag("kvm.guest.duration", 0.00123456);
            first.SetStatus(ActivityStatusCode.Error, "it broke");
            first.Dispose();
            using (KvmTelemetry.StartSpan("vm", scenario.Context, link: first.Context))
            {
            }

            Assert.Empty(writer.ToString());
        }

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d+ [0-9a-f]{8} scenario [0-9]+\.[0-9]{4} ms$", lines[0]);
        Assert.Matches(@"^├─ \+[0-9]+\.[0-9]{4} ms vm [0-9]+\.[0-9]{4} ms kvm\.vm\.id=reader-0 kvm\.guest\.duration=1\.2346 ms error=""it broke""$", lines[1]);
        Assert.Matches(@"^│  ├─ \+[0-9]+\.[0-9]{4} ms · created$", lines[2]);
        Assert.Matches(@"^│  └─ \+[0-9]+\.[0-9]{4} ms vcpu [0-9]+\.[0-9]{4} ms$", lines[3]);
        Assert.Matches(@"^└─ \+[0-9]+\.[0-9]{4} ms vm [0-9]+\.[0-9]{4} ms restarts=[0-9a-f]{16}$", lines[4]);
    }

    [Fact]
    public void Export_MoreSpansThanAreKept_WritesLinesAndSaysSo()
    {
        using var writer = new StringWriter();
        using (Collect(writer, maxSpans: 3))
        {
            using var scenario = KvmTelemetry.StartSpan("scenario", default);
            for (var index = 0; index < 10; index++)
            {
                using var vm = KvmTelemetry.StartSpan("vm", scenario!.Context);
                vm!.SetTag("kvm.vm.id", $"vm-{index}");
            }
        }

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(12, lines.Length);
        Assert.Contains("more than 3 spans", lines[0], StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 10), index => Assert.EndsWith($"kvm.vm.id=vm-{index}", lines[index + 1], StringComparison.Ordinal));
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d+ [0-9a-f]{8} scenario", lines[11]);
    }

    [Fact]
    public void Export_RootNeverEnds_WritesWhatThereIsWhenAllIsOver()
    {
        using var writer = new StringWriter();
        var collecting = Collect(writer, maxSpans: 100);
        var scenario = KvmTelemetry.StartSpan("scenario", default);
        KvmTelemetry.StartSpan("vm", scenario!.Context)!.Dispose();

        collecting.Dispose();

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("its root has not ended", lines[0], StringComparison.Ordinal);
        Assert.Contains(" vm ", lines[1], StringComparison.Ordinal);
        scenario.Dispose();
    }

    private static TracerProvider Collect(TextWriter writer, int maxSpans) => Sdk.CreateTracerProviderBuilder()
        .AddSource(KvmTelemetry.Name)
        .AddProcessor(new SimpleActivityExportProcessor(new SpanTreeExporter(writer, maxSpans)))
        .Build();
}
