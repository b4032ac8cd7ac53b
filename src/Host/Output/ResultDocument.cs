using System.Text.Json;
using System.Text.Json.Serialization;
using KvmActors.Actors.Results;
using KvmActors.Host.Running;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Output;

/// <summary>What <c>--json</c> writes. A promise to other programs: fields are added, never changed. Times in microseconds unless named otherwise.</summary>
internal sealed record ResultDocument
{
    /// <summary>Which fields there are: a greater number when one is changed or taken away, which has not happened yet.</summary>
    public const int CurrentSchema = 1;

    public required int SchemaVersion { get; init; }

    public required string ProgramVersion { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required MachineDocument Machine { get; init; }

    public required string Scenario { get; init; }

    /// <summary>What executed its VMs' instructions.</summary>
    public required string Backend { get; init; }

    /// <summary>A hash of the VMs' trace hashes; null when one has none.</summary>
    public required string? TraceHash { get; init; }

    /// <summary>Why the scenario could not go on; null when it could.</summary>
    public required string? Problem { get; init; }

    /// <summary>Whether it was ended early.</summary>
    public required bool Interrupted { get; init; }

    public required double WallSeconds { get; init; }

    /// <summary>How many VMs the scenario asks for.</summary>
    public required int AskedVms { get; init; }

    public required int StartedVms { get; init; }

    /// <summary>How many VMs had to wait for memory or threads.</summary>
    public required int DelayedStarts { get; init; }

    /// <summary>How many VMs had not ended when this was written.</summary>
    public required int LeftBehind { get; init; }

    public required IReadOnlyList<VmDocument> Vms { get; init; }

    public required IReadOnlyDictionary<string, ExitDocument> Exits { get; init; }

    public required IReadOnlyDictionary<string, HypercallDocument> Hypercalls { get; init; }

    public required IReadOnlyDictionary<string, ExitDocument> Sites { get; init; }

    public required IReadOnlyDictionary<string, StatisticsDocument> ByVm { get; init; }

    public required long GcOverlaps { get; init; }

    /// <summary>Makes the document.</summary>
    public static ResultDocument From(ScenarioResult result, RunFacts facts)
    {
        var all = StatisticsDocument.From(result.Statistics);
        return new ResultDocument
        {
            SchemaVersion = CurrentSchema,
            ProgramVersion = facts.Version,
            StartedAt = facts.Started,
            Machine = MachineDocument.From(facts),
            Scenario = result.Scenario,
            Backend = facts.Backend,
            TraceHash = result.TraceHash,
            Problem = result.Problem,
            Interrupted = result.WasCancelled,
            WallSeconds = result.Wall.TotalSeconds,
            AskedVms = facts.AskedVms,
            StartedVms = result.Vms.Count,
            DelayedStarts = result.DelayedStarts,
            LeftBehind = result.LeftBehind,
            Vms = [.. result.Vms.Select(vm => VmDocument.From(vm, facts.OutputOf(vm.Id)))],
            Exits = all.Exits,
            Hypercalls = all.Hypercalls,
            Sites = all.Sites,
            ByVm = result.StatisticsByName.ToDictionary(row => row.Key, row => StatisticsDocument.From(row.Value)),
            GcOverlaps = result.Statistics.GcOverlaps,
        };
    }

    /// <summary>Writes the document as indented JSON.</summary>
    public void WriteTo(Stream stream) => JsonSerializer.Serialize(stream, this, ResultJsonContext.Default.ResultDocument);
}

/// <summary>What vCPUs did: exits by reason, hypercalls by name, exits by port or device.</summary>
internal sealed record StatisticsDocument(
    IReadOnlyDictionary<string, ExitDocument> Exits,
    IReadOnlyDictionary<string, HypercallDocument> Hypercalls,
    IReadOnlyDictionary<string, ExitDocument> Sites)
{
    public static StatisticsDocument From(ExitStatistics statistics) => new(
        statistics.Exits.ToDictionary(row => row.Reason.ToString(), row => ExitDocument.From(row.Durations)),
        statistics.Calls.ToDictionary(
            row => CallNames.NameOf(row.Number),
            row => new HypercallDocument(row.Durations.Count, PercentilesDocument.From(row.Durations))),
        statistics.Sites.ToDictionary(row => row.Site.ToString(), row => ExitDocument.From(row.Durations)));
}

/// <summary>One vCPU; registers are hexadecimal strings, null when KVM did not give them.</summary>
internal sealed record VcpuDocument(
    int Index, IReadOnlyDictionary<string, long> Exits, string End, int? ExitCode, IReadOnlyDictionary<string, string>? Registers, ThreadDocument? Thread)
{
    public static VcpuDocument From(VcpuResult vcpu) => new(
        vcpu.Index,
        vcpu.Exits.ToDictionary(exit => exit.Key.ToString(), exit => exit.Value),
        vcpu.End.ToString(),
        vcpu.Status,
        vcpu.Registers is { } registers ? RegisterNames.ToDictionary(registers) : null,
        vcpu.Thread is { } thread ? new ThreadDocument(thread.Id, thread.Name) : null);
}

/// <summary>A program's thread.</summary>
internal sealed record ThreadDocument(int? Id, string Name);

/// <summary>What a device saw.</summary>
internal sealed record DeviceDocument(string Type, string Location, long Count, IReadOnlyList<DeviceWriteDocument> Writes)
{
    public static DeviceDocument From(DeviceReport device) => new(
        device.Type,
        Hex.Of(device.Location),
        device.Count,
        [.. device.Writes.Select(write => new DeviceWriteDocument(Hex.Of(write.Offset), write.Size, Hex.Of(write.Value)))]);
}

/// <summary>One write to a device.</summary>
internal sealed record DeviceWriteDocument(string Offset, int Size, string Value);

/// <summary>Bytes of memory, hexadecimal; empty when they are outside memory.</summary>
internal sealed record ReadBackDocument(string Address, string Bytes);

/// <summary>One kind of exit.</summary>
internal sealed record ExitDocument(long Count, PercentilesDocument GuestMicros, PercentilesDocument HostMicros)
{
    public static ExitDocument From(ExitDurations durations) =>
        new(durations.Host.Count, PercentilesDocument.From(durations.Guest), PercentilesDocument.From(durations.Host));
}

/// <summary>One kind of hypercall.</summary>
internal sealed record HypercallDocument(long Count, PercentilesDocument Micros);

/// <summary>A distribution of durations, in microseconds.</summary>
internal sealed record PercentilesDocument(
    double P50, double P90, double P99, double P999, double Max, double Mean, [property: JsonConverter(typeof(BucketsConverter))] LatencyHistogram Buckets)
{
    public static PercentilesDocument From(LatencyHistogram durations) => new(
        durations.Percentile(0.5) / 1000,
        durations.Percentile(0.9) / 1000,
        durations.Percentile(0.99) / 1000,
        durations.Percentile(0.999) / 1000,
        durations.MaxNanosecondsSeen / 1000.0,
        durations.MeanNanoseconds / 1000,
        durations);
}

/// <summary>Serialisers made at build time: the program should start fast.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ResultDocument))]
internal sealed partial class ResultJsonContext : JsonSerializerContext;
