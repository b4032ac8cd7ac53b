using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Images;

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
}
