using KvmActors.Linux.Files;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Specs;

/// <summary>How much one run of a VM may use. Its memory and its time-out are limits, too, and stand with the VM.</summary>
public sealed record VmLimits
{
    /// <summary>Its files.</summary>
    public FileLimits Files { get; init; } = new();

    /// <summary>Its output streams.</summary>
    public ConsoleLimits Console { get; init; } = new();

    /// <summary>The processor, and the host's attention.</summary>
    public RunLimits Run { get; init; } = new();
}
