using KvmActors.Actors.Specs;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Results;

/// <summary>What one vCPU did.</summary>
/// <param name="Index">Its number in the VM.</param>
/// <param name="Exits">How often it exited, by reason.</param>
public sealed record VcpuResult(int Index, IReadOnlyDictionary<VcpuExitReason, long> Exits)
{
    /// <summary>How it stopped.</summary>
    public VcpuEndKind End { get; init; }

    /// <summary>The exit hypercall's status; null when it made none.</summary>
    public int? Status { get; init; }

    /// <summary>The program's thread that it ran, or ran last; null where there is no guest kernel that says so.</summary>
    public GuestThread? Thread { get; init; }

    /// <summary>Its general registers when it stopped; null when KVM did not give them.</summary>
    public kvm_regs? Registers { get; init; }
}

/// <summary>Bytes of a VM's memory when it had ended.</summary>
/// <param name="Address">The first one's guest-physical address.</param>
/// <param name="Bytes">The bytes.</param>
public sealed record MemoryDump(ulong Address, IReadOnlyList<byte> Bytes);

/// <summary>What became of one VM.</summary>
public sealed record VmResult
{
    /// <summary>The instance, for example <c>reader-0</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The name its instances share.</summary>
    public required string Name { get; init; }

    /// <summary>The values of the scenario's matrix that it ran with, by name; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Matrix { get; init; } = VmVariant.NoMatrix;

    /// <summary>What executed its instructions; <see cref="Backend.Auto"/> when nothing came so far as to choose.</summary>
    public Backend Backend { get; init; }

    /// <summary>How it ended.</summary>
    public required VmOutcome Outcome { get; init; }

    /// <summary>The status of the exit hypercall: the first vCPU's that is not 0, otherwise 0; null when none exited.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What went wrong, in one line; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>The signal that killed its program, by Linux's number; null when none did.</summary>
    public int? Signal { get; init; }

    /// <summary>How often its program made system calls that nobody serves, by name, or by number where there is no name.</summary>
    public IReadOnlyDictionary<string, long> MissingSystemCalls { get; init; } = new Dictionary<string, long>();

    /// <summary>How often it came to instructions that the processor in software does not have, by mnemonic.</summary>
    public IReadOnlyDictionary<string, long> UnknownInstructions { get; init; } = new Dictionary<string, long>();

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>Whether it would have been started again, but had used up its restarts.</summary>
    public bool IsQuarantined { get; init; }

    /// <summary>How it started.</summary>
    public VmStart Start { get; init; }

    /// <summary>Why it started cold, in words for the person who described it; null when it started warm, or never.</summary>
    public string? ColdReason { get; init; }

    /// <summary>What confined the threads that served it; null when it never came so far, or nothing did.</summary>
    public SandboxState? Sandbox { get; init; }

    /// <summary>From asking for it to its first entry.</summary>
    public TimeSpan StartDuration { get; init; }

    /// <summary>From its first entry to the end of its last vCPU.</summary>
    public TimeSpan RunDuration { get; init; }

    /// <summary>From the moment its vCPUs were told to stop to the end of the last one; null when they were not.</summary>
    public TimeSpan? StopDuration { get; init; }

    /// <summary>When it lived; null when nobody could tell.</summary>
    public VmTimes? Times { get; init; }

    /// <summary>Its vCPUs, by index; those that never ran are missing.</summary>
    public IReadOnlyList<VcpuResult> Vcpus { get; init; } = [];

    /// <summary>What its devices saw.</summary>
    public IReadOnlyList<DeviceReport> Devices { get; init; } = [];

    /// <summary>The memory its scenario asked for.</summary>
    public IReadOnlyList<MemoryDump> ReadBack { get; init; } = [];

    /// <summary>How many instructions its vCPUs executed; null where nobody counted.</summary>
    public long? Instructions { get; init; }

    /// <summary>
    /// A hash of all its exits, their data and instruction counts, 32 hexadecimal digits: the same whenever it runs with the same input and
    /// seed. Null where that is not promised: on KVM, without determinism, and when the host's clock or a person ended it.
    /// </summary>
    public string? TraceHash { get; init; }

    /// <summary>How much it used of what is limited.</summary>
    public IReadOnlyList<LimitUse> Limits { get; init; } = [];

    /// <summary>The vCPU that crashed first, or was stopped where the run was to stop it; null when none was.</summary>
    public CrashReport? Crash { get; init; }

    /// <summary>Its core file; null when it did not crash, or none was asked for.</summary>
    public CoreResult? Core { get; init; }

    /// <summary>How it was meant to end.</summary>
    public ExpectedEnd Expected { get; init; } = ExpectedEnd.Well;

    /// <summary>Whether it ended as it was meant to, or was stopped where the run was to stop it.</summary>
    public bool IsSuccess => Outcome == VmOutcome.Reached || Expected.IsMetBy(Outcome, ExitCode);
}
