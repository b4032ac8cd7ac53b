using KvmActors.Actors.Results;

namespace KvmActors.Host.Output;

/// <summary>One VM. Times in microseconds.</summary>
internal sealed record VmDocument
{
    public required string Id { get; init; }

    public required string Outcome { get; init; }

    public required int? ExitCode { get; init; }

    public required string? Message { get; init; }

    public required int? Signal { get; init; }

    public required int Restarts { get; init; }

    public required bool Quarantined { get; init; }

    public required string Start { get; init; }

    /// <summary>Why it started cold; null when it started warm, or never.</summary>
    public required string? ColdReason { get; init; }

    public required double StartMicros { get; init; }

    public required double RunMicros { get; init; }

    public required IReadOnlyList<VcpuDocument> Vcpus { get; init; }

    public required IReadOnlyList<DeviceDocument> Devices { get; init; }

    public required IReadOnlyList<ReadBackDocument> ReadBack { get; init; }

    public required IReadOnlyDictionary<string, long> MissingSystemCalls { get; init; }

    public required IReadOnlyDictionary<string, LimitDocument> Limits { get; init; }

    public required CrashDocument? Crash { get; init; }

    public static VmDocument From(VmResult vm) => new()
    {
        Id = vm.Id,
        Outcome = vm.Outcome.ToString(),
        ExitCode = vm.ExitCode,
        Message = vm.Message,
        Signal = vm.Signal,
        Restarts = vm.Restarts,
        Quarantined = vm.IsQuarantined,
        Start = vm.Start.ToString(),
        ColdReason = vm.ColdReason,
        StartMicros = vm.StartDuration.TotalMicroseconds,
        RunMicros = vm.RunDuration.TotalMicroseconds,
        Vcpus = [.. vm.Vcpus.Select(VcpuDocument.From)],
        Devices = [.. vm.Devices.Select(DeviceDocument.From)],
        ReadBack = [.. vm.ReadBack.Select(dump => new ReadBackDocument(Hex.Of(dump.Address), Convert.ToHexStringLower([.. dump.Bytes])))],
        MissingSystemCalls = vm.MissingSystemCalls,
        Limits = vm.Limits.ToDictionary(use => use.Name, use => new LimitDocument(use.Used, use.Limit, use.Hits)),
        Crash = CrashDocument.From(vm.Crash),
    };
}

/// <summary>How much was used of what is limited, in the limit's unit; null for what nobody measured, and for no limit.</summary>
internal sealed record LimitDocument(long? Used, long? Limit, long Hits);
