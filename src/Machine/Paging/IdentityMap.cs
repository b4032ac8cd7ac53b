using KvmActors.Interop.Memory;
using KvmActors.Machine.Devices;

namespace KvmActors.Machine.Paging;

/// <summary>What page tables that map addresses to themselves have to cover: memory, and the registers that devices have there.</summary>
internal static class IdentityMap
{
    /// <summary>The pages to map, in ascending order, none twice.</summary>
    /// <param name="memory">The memory to reach.</param>
    /// <param name="devices">The machine's devices.</param>
    /// <param name="pageSize">4 KiB or 2 MiB.</param>
    public static IReadOnlyList<MemoryRange> Cover(IEnumerable<MemoryRange> memory, IEnumerable<DeviceSpec> devices, ulong pageSize)
    {
        // What lies above the lower half has no address that is equal to it: bits 47 to 63 of an address are the same.
        var registers = devices.Select(device => device.Memory).OfType<MemoryRange>().Where(range => range.End.Value <= PageTableEntry.LowerHalfEnd);
        var covered = new List<MemoryRange>();
        foreach (var range in memory.Concat(registers).OrderBy(range => range.Start.Value))
        {
            var start = range.Start.Value & ~(pageSize - 1);
            var end = (range.End.Value + pageSize - 1) & ~(pageSize - 1);
            if (covered.Count > 0 && start <= covered[^1].End.Value)
            {
                start = covered[^1].Start.Value;
                end = Math.Max(end, covered[^1].End.Value);
                covered.RemoveAt(covered.Count - 1);
            }

            covered.Add(new MemoryRange(new GuestPhysAddr(start), end - start));
        }

        return covered;
    }
}
