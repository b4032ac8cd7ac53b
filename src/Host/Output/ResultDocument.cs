using System.Text.Json;
using System.Text.Json.Serialization;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;

namespace KvmActors.Host.Output;

/// <summary>What <c>--json</c> writes. A promise to other programs: fields are added, never changed. Times in microseconds unless named otherwise.</summary>
internal sealed record ResultDocument(
    string Scenario,
    double WallSeconds,
    int StartedVms,
    IReadOnlyList<VmDocument> Vms,
    IReadOnlyDictionary<string, ExitDocument> Exits,
    IReadOnlyDictionary<string, HypercallDocument> Hypercalls)
{
    /// <summary>Makes the document.</summary>
    public static ResultDocument From(ScenarioResult result) => new(
        result.Scenario,
        result.Wall.TotalSeconds,
        result.Vms.Count,
        [.. result.Vms.Select(VmDocument.From)],
        result.Statistics.Exits.ToDictionary(
            row => row.Reason.ToString(),
            row => new ExitDocument(
                row.Durations.Host.Count, PercentilesDocument.From(row.Durations.Guest), PercentilesDocument.From(row.Durations.Host))),
        result.Statistics.Hypercalls.ToDictionary(
            row => KvmTelemetry.NameOf(row.Id),
            row => new HypercallDocument(row.Durations.Count, PercentilesDocument.From(row.Durations))));

    /// <summary>Writes the document as indented JSON.</summary>
    public void WriteTo(Stream stream) => JsonSerializer.Serialize(stream, this, ResultJsonContext.Default.ResultDocument);
}

/// <summary>One VM.</summary>
internal sealed record VmDocument(
    string Id, string Outcome, int? ExitCode, string? Message, int Restarts, double StartMicros, double RunMicros, IReadOnlyList<VcpuDocument> Vcpus)
{
    public static VmDocument From(VmResult vm) => new(
        vm.Id,
        vm.Outcome.ToString(),
        vm.ExitCode,
        vm.Message,
        vm.Restarts,
        vm.StartDuration.TotalMicroseconds,
        vm.RunDuration.TotalMicroseconds,
        [.. vm.Vcpus.Select(vcpu => new VcpuDocument(vcpu.Index, vcpu.Exits.ToDictionary(exit => exit.Key.ToString(), exit => exit.Value)))]);
}

/// <summary>One vCPU.</summary>
internal sealed record VcpuDocument(int Index, IReadOnlyDictionary<string, long> Exits);

/// <summary>One kind of exit.</summary>
internal sealed record ExitDocument(long Count, PercentilesDocument GuestMicros, PercentilesDocument HostMicros);

/// <summary>One kind of hypercall.</summary>
internal sealed record HypercallDocument(long Count, PercentilesDocument Micros);

/// <summary>A distribution of durations, in microseconds.</summary>
internal sealed record PercentilesDocument(double P50, double P99, double P999, double Max)
{
    public static PercentilesDocument From(LatencyHistogram durations) => new(
        durations.Percentile(0.5) / 1000, durations.Percentile(0.99) / 1000, durations.Percentile(0.999) / 1000, durations.MaxNanosecondsSeen / 1000.0);
}

/// <summary>Serialisers made at build time: the program should start fast.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ResultDocument))]
internal sealed partial class ResultJsonContext : JsonSerializerContext;
