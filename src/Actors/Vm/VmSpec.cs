using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Images;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vm;

/// <summary>A VM that may run: checked, with its image read. Shared by all instances.</summary>
public sealed record VmSpec
{
    /// <summary>What the scenario calls it; instances are <c>NAME-0</c>, <c>NAME-1</c>, ….</summary>
    public required string Name { get; init; }

    /// <summary>How many VMs to run like this, at least 1.</summary>
    public required int Instances { get; init; }

    /// <summary>How a guest starts.</summary>
    public required BootProtocol Boot { get; init; }

    /// <summary>What is put in its memory.</summary>
    public required GuestImage Image { get; init; }

    /// <summary>Arguments on the initial stack, the program's name first.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Environment on the initial stack, <c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Virtual CPUs, at least 1.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>Guest memory in bytes, a multiple of 1 MiB.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>How much memory the identity map covers, in bytes; null for all of it.</summary>
    public ulong? IdentityBytes { get; init; }

    /// <summary>How long a guest may run, from its first entry.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What it sees of the host's files.</summary>
    public IReadOnlyList<FileMapping> Files { get; init; } = [];

    /// <summary>Limits on what it may use.</summary>
    public FileLimits Limits { get; init; } = new();

    /// <summary>Its devices besides those every VM has.</summary>
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    /// <summary>A memory layout of its own, instead of <see cref="MemoryBytes"/> from address 0.</summary>
    public IReadOnlyList<RegionSpec> Regions { get; init; } = [];

    /// <summary>How the host's kernel may treat its memory.</summary>
    public MemoryAdvice MemoryAdvice { get; init; }

    /// <summary>Registers that hold something else at entry than its boot protocol says.</summary>
    public RegisterOverrides Registers { get; init; } = RegisterOverrides.None;

    /// <summary>Its standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Whether its standard input is the process's own, instead of <see cref="Input"/>.</summary>
    public bool InheritsInput { get; init; }

    /// <summary>What of its memory to report when it has ended.</summary>
    public IReadOnlyList<ReadBackSpec> ReadBack { get; init; } = [];

    /// <summary>What happens when it does not end as it is meant to.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>How its instances start, where a warm start is possible at all.</summary>
    public VmStart Start { get; init; }

    /// <summary>How it is meant to end.</summary>
    public ExpectedEnd Expected { get; init; } = ExpectedEnd.Well;
}

/// <summary>How a VM is meant to end.</summary>
/// <param name="Outcome">The outcome; null for Halted, or Exited with status 0.</param>
/// <param name="ExitCode">The exit status; null for any.</param>
public sealed record ExpectedEnd(VmOutcome? Outcome, int? ExitCode)
{
    /// <summary>As a guest that works ends.</summary>
    public static ExpectedEnd Well { get; } = new(null, null);

    /// <summary>Whether a VM that ended so did as it was meant to.</summary>
    public bool IsMetBy(VmOutcome outcome, int? exitCode) => Outcome is null
        ? outcome == VmOutcome.Halted || (outcome == VmOutcome.Exited && exitCode == 0)
        : outcome == Outcome && (ExitCode is null || exitCode == ExitCode);
}

/// <summary>A piece of memory to report.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">How many bytes.</param>
public sealed record ReadBackSpec(GuestPhysAddr Address, int Length);
