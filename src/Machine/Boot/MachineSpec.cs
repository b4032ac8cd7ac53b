using KvmActors.Interop.Memory;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Images;

namespace KvmActors.Machine.Boot;

/// <summary>A machine that may be made: its memory, what is loaded there, its vCPUs and devices. Shared by all that are like it.</summary>
public sealed record MachineSpec
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>How a guest starts.</summary>
    public required BootProtocol Boot { get; init; }

    /// <summary>What is put in its memory.</summary>
    public required GuestImage Image { get; init; }

    /// <summary>Arguments on the initial stack, the program's name first.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Environment on the initial stack, <c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Virtual CPUs, at least 1: what the guest has for its processors.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>The vCPUs that are there when it begins; a kernel may start the others itself (<see cref="GuestImage.StartsVcpus"/>).</summary>
    public int VcpusAtStart => Image.StartsVcpus ? 1 : Vcpus;

    /// <summary><see cref="MaxThreads"/> where nobody says it.</summary>
    public const int DefaultMaxThreads = 256;

    /// <summary>
    /// How many threads its program may have at once, at least 1: each but the first is a vCPU that the guest's kernel starts, beside
    /// <see cref="VcpusAtStart"/>.
    /// </summary>
    public int MaxThreads { get; init; } = DefaultMaxThreads;

    /// <summary>
    /// Room for arguments and an environment that come later (<see cref="IBootPlan.TryReplace"/>), in bytes, from 0 to
    /// <see cref="InitialStack.MaxBytes"/>; those it has itself have room in any case.
    /// </summary>
    public ulong ArgumentBytes { get; init; }

    /// <summary>Guest memory in bytes, a multiple of 1 MiB.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>How much memory the identity map covers, in bytes; null for all of it.</summary>
    public ulong? IdentityBytes { get; init; }

    /// <summary>Its devices besides those every machine has.</summary>
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    /// <summary>A memory layout of its own, instead of <see cref="MemoryBytes"/> from address 0.</summary>
    public IReadOnlyList<RegionSpec> Regions { get; init; } = [];

    /// <summary>How the host's kernel may treat its memory.</summary>
    public MemoryAdvice MemoryAdvice { get; init; }

    /// <summary>Registers that hold something else at entry than its boot protocol says.</summary>
    public RegisterOverrides Registers { get; init; } = RegisterOverrides.None;

    /// <summary>What its serial ports and its standard input read.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }
}
