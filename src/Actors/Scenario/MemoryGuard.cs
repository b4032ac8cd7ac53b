using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// Keeps VMs from being started that the host has no memory for: what all of them may still touch must fit into what it has left.
/// Belongs to the <see cref="ScenarioActor"/>.
/// </summary>
/// <param name="memory">What the host has left.</param>
internal sealed class MemoryGuard(HostMemory memory)
{
    // What an idle VM takes beside its guest's memory, the kernel's share included, is about 200 KiB (docs/performance.md,
    // idle-memory). Memory that is touched also needs page tables, the host's and KVM's, each 8 bytes for 4 KiB.
    private const long BesidesMemory = 256 << 10, PageTablesPart = 256;

    // For the program itself and whoever else is there.
    private const long Reserve = 64 << 20;

    private long _promised;
    private long _before;

    /// <summary>A scenario begins.</summary>
    public void Begin() => _before = memory.ReadOwn() ?? 0;

    /// <summary>How many bytes a VM may take.</summary>
    public static long MostOf(VmSpec spec)
    {
        var guest = spec.Plan.Ranges.Sum(range => (long)range.Length);
        return guest + (guest / PageTablesPart) + BesidesMemory;
    }

    /// <summary>Says why there is no memory for another VM; null when there is, or nobody knows.</summary>
    public string? FindShortage(VmSpec next)
    {
        var needed = MostOf(next);
        if (memory.ReadAvailable() is not { } available)
        {
            return null;
        }

        var left = available - Reserve;
        if (left >= _promised + needed)
        {
            return null;
        }

        // What has been touched already is missing from what is available: it must not count twice.
        var touched = Math.Clamp((memory.ReadOwn() ?? 0) - _before, 0, _promised);
        left -= _promised - touched;
        return left >= needed
            ? null
            : $"it may take {needed >> 20} MiB of memory, and the host has {Math.Max(0, left) >> 20} MiB left for it: lower MemoryMiB, or set Scenario:OvercommitMemory";
    }

    /// <summary>A VM has been made.</summary>
    public void Take(VmSpec spec) => _promised += MostOf(spec);

    /// <summary>A VM is gone.</summary>
    public void Return(VmSpec spec) => _promised -= MostOf(spec);
}
