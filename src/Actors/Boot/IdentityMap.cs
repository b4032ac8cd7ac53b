using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Boot;

/// <summary>
/// Page tables that map guest-physical memory to itself with 2 MiB pages (Intel SDM vol. 3A, section 4.5). The first GiB's
/// directory has its fixed place; those of further GiBs stand one after the other at an address the caller chooses.
/// </summary>
public static class IdentityMap
{
    private const ulong Present = 1 << 0, Writable = 1 << 1, User = 1 << 2, LargePage = 1 << 7;

    /// <summary>What one page directory maps.</summary>
    private const ulong GiB = 1UL << 30;

    /// <summary>The most one PDPT maps.</summary>
    public const ulong MaxAddress = 512 * GiB;

    /// <summary>Bytes taken by the directories that have no fixed place.</summary>
    /// <param name="ranges">What the map covers: ascending, the first from 0.</param>
    public static ulong ExtraTableBytes(IReadOnlyList<MemoryRange> ranges)
    {
        ulong directories = 0;
        foreach (var range in ranges)
        {
            directories += ((range.End.Value - 1) / GiB) - (range.Start.Value / GiB) + 1;
        }

        return (directories - 1) * MemoryLayout.PageSize;
    }

    /// <summary>Writes the tables.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="ranges">What to map: ascending, no two in one GiB, the first from 0. A last part under 2 MiB is mapped as a whole page.</param>
    /// <param name="extraTables">Where the directories without a fixed place go.</param>
    /// <returns>False when a table is outside memory.</returns>
    public static bool TryWrite(GuestMemory memory, IReadOnlyList<MemoryRange> ranges, GuestPhysAddr extraTables)
    {
        var written = memory.TryWrite(new GuestPhysAddr(MemoryLayout.Pml4), MemoryLayout.Pdpt | Present | Writable | User);
        var directory = new GuestPhysAddr(MemoryLayout.Pd);
        var next = extraTables;
        foreach (var range in ranges)
        {
            for (var page = range.Start.Value; page < range.End.Value; page += MemoryLayout.LargePageSize)
            {
                if (page % GiB == 0)
                {
                    (directory, next) = page == 0 ? (directory, next) : (next, next + MemoryLayout.PageSize);
                    var pointer = new GuestPhysAddr(MemoryLayout.Pdpt) + (page / GiB * sizeof(ulong));
                    written &= memory.TryWrite(pointer, directory.Value | Present | Writable | User);
                }

                var entry = directory + (page % GiB / MemoryLayout.LargePageSize * sizeof(ulong));
                written &= memory.TryWrite(entry, page | Present | Writable | LargePage);
            }
        }

        return written;
    }
}
