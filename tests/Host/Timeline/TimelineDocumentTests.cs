using System.Text.Json;
using KvmActors.Actors.Results;
using KvmActors.Host.Tests.Report;
using KvmActors.Host.Timeline;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Timeline;

public sealed class TimelineDocumentTests
{
    [Fact]
    public void Write_Scenario_IsATraceEventDocument()
    {
        var result = SampleReport.Create(vms: 5, concurrency: 2, failEvery: 2, SampleReport.Hostile);

        var document = Write(result);
        var slices = TraceEventFormat.Validate(document);

        Assert.Equal(5, slices.Select(slice => slice.Process).Distinct().Count());
        Assert.Equal("2", document.GetProperty("otherData").GetProperty("droppedEvents").GetString());
        Assert.Equal(5 * 12, slices.Count(slice => slice.Category == "guest"));
        Assert.Equal(5 * 12, slices.Count(slice => slice.Category == "host"));

        // Six calls in each VM, inside their exits, and one operation on its actor's own track.
        Assert.Equal(5 * (6 + 1), slices.Count(slice => slice.Category == "hypercall"));
        var names = document.GetProperty("traceEvents").EnumerateArray()
            .Where(entry => entry.GetProperty("name").GetString() == "thread_name").Select(entry => entry.GetProperty("args").GetProperty("name").GetString());
        Assert.Equal(["life", "vCPU 0", "gate"], names.Take(3));
    }

    [Fact]
    public void Write_VcpusSlices_AddUpToItsLife()
    {
        var slices = TraceEventFormat.Validate(Write(SampleReport.Create(vms: 3, concurrency: 3)));

        foreach (var vcpu in slices.Where(slice => slice.Category == "vcpu"))
        {
            var parts = slices.Where(slice => slice.Thread == vcpu.Thread && slice.Category is "guest" or "host" && slice.Thread == vcpu.Thread);
            Assert.Equal(vcpu.Duration, parts.Sum(slice => slice.Duration));
        }
    }

    [Fact]
    public void Write_NothingRan_IsStillADocument() =>
        Assert.Empty(TraceEventFormat.Validate(Write(new ScenarioResult("empty", TimeSpan.Zero, false, [], new ExitStatistics()))));

    private static JsonElement Write(ScenarioResult result)
    {
        using var stream = new MemoryStream();
        TimelineDocument.Write(stream, result);
        stream.Position = 0;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
