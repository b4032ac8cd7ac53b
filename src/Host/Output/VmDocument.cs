using KvmActors.Actors.Results;
using KvmActors.Host.GuestOutput;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Host.Output;

/// <summary>One VM. Times in microseconds.</summary>
internal sealed record VmDocument
{
    public required string Id { get; init; }

    /// <summary>What its instances share.</summary>
    public required string Name { get; init; }

    /// <summary>The values of the scenario's matrix that it ran with, by name.</summary>
    public required IReadOnlyDictionary<string, string> Matrix { get; init; }

    /// <summary>Whether it ended as the scenario expects.</summary>
    public required bool Succeeded { get; init; }

    public required string Outcome { get; init; }

    public required int? ExitCode { get; init; }

    public required string? Message { get; init; }

    public required int? Signal { get; init; }

    public required int Restarts { get; init; }

    public required bool Quarantined { get; init; }

    /// <summary>What executed its instructions.</summary>
    public required string Backend { get; init; }

    public required string Start { get; init; }

    /// <summary>Why it started cold; null when it started warm, or never.</summary>
    public required string? ColdReason { get; init; }

    /// <summary>What confined the threads that served it; null when nothing did.</summary>
    public required VmSandboxDocument? Sandbox { get; init; }

    public required double StartMicros { get; init; }

    public required double RunMicros { get; init; }

    /// <summary>How many instructions its vCPUs executed; null where nobody counted.</summary>
    public required long? Instructions { get; init; }

    /// <summary>A hash of all that passed between it and the host; null where that need not be the same again.</summary>
    public required string? TraceHash { get; init; }

    public required IReadOnlyList<VcpuDocument> Vcpus { get; init; }

    public required IReadOnlyList<DeviceDocument> Devices { get; init; }

    public required IReadOnlyList<ReadBackDocument> ReadBack { get; init; }

    public required IReadOnlyDictionary<string, long> MissingSystemCalls { get; init; }

    /// <summary>How often it came to instructions that the processor in software does not have.</summary>
    public required IReadOnlyDictionary<string, long> UnknownInstructions { get; init; }

    public required IReadOnlyDictionary<string, LimitDocument> Limits { get; init; }

    public required CrashDocument? Crash { get; init; }

    public required string? CoreFile { get; init; }

    /// <summary>What it wrote to its streams and console, in all its runs; a line of ours stands where some was left out.</summary>
    public required string Output { get; init; }

    /// <summary>How many bytes were left out of it.</summary>
    public required long OutputCutBytes { get; init; }

    /// <summary>Makes the document.</summary>
    /// <param name="vm">What became of the VM.</param>
    /// <param name="output">What it wrote.</param>
    public static VmDocument From(VmResult vm, GuestText output) => new()
    {
        Id = vm.Id,
        Name = vm.Name,
        Matrix = vm.Matrix,
        Succeeded = vm.IsSuccess,
        Outcome = vm.Outcome.ToString(),
        ExitCode = vm.ExitCode,
        Message = vm.Message,
        Signal = vm.Signal,
        Restarts = vm.Restarts,
        Quarantined = vm.IsQuarantined,
        Backend = vm.Backend.ToString(),
        Start = vm.Start.ToString(),
        ColdReason = vm.ColdReason,
        Sandbox = VmSandboxDocument.From(vm.Sandbox),
        StartMicros = vm.StartDuration.TotalMicroseconds,
        RunMicros = vm.RunDuration.TotalMicroseconds,
        Instructions = vm.Instructions,
        TraceHash = vm.TraceHash,
        Vcpus = [.. vm.Vcpus.Select(VcpuDocument.From)],
        Devices = [.. vm.Devices.Select(DeviceDocument.From)],
        ReadBack = [.. vm.ReadBack.Select(dump => new ReadBackDocument(Hex.Of(dump.Address), Convert.ToHexStringLower([.. dump.Bytes])))],
        MissingSystemCalls = vm.MissingSystemCalls,
        UnknownInstructions = vm.UnknownInstructions,
        Limits = vm.Limits.ToDictionary(use => use.Name, use => new LimitDocument(use.Used, use.Limit, use.Hits)),
        Crash = CrashDocument.From(vm.Crash),
        CoreFile = vm.Core?.File,
        Output = output.ToString(),
        OutputCutBytes = output.CutBytes,
    };
}

/// <summary>How much was used of what is limited, in the limit's unit; null for what nobody measured, and for no limit.</summary>
internal sealed record LimitDocument(long? Used, long? Limit, long Hits);

/// <summary>What confined the threads that served a VM: a Landlock ABI of 0 for none; read-only binds null where nothing is mapped read-only.</summary>
internal sealed record VmSandboxDocument(
    string Mode, int LandlockAbi, bool Seccomp, bool? ReadOnlyBinds, string? ReadOnlyBindsProblem, IReadOnlyList<string>? Capabilities)
{
    public static VmSandboxDocument? From(SandboxState? state) => state is null or { Mode: SandboxMode.Off } ? null : new(
        state.Mode == SandboxMode.On ? "on" : "log",
        state.LandlockAbi,
        state.Seccomp,
        state.ReadOnlyBinds,
        state.ReadOnlyBindsProblem,
        state.Capabilities);
}
