using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Tests.Support;

/// <summary>Where an address leads, and what all levels together allow.</summary>
internal readonly record struct Translation(ulong Physical, ulong PageBytes, bool Writable, bool User);

/// <summary>
/// Page tables as the Intel manual draws them (vol. 3A, figure 4-11), read level by level: the tests' own reading, to hold
/// against the product's.
/// </summary>
internal static class PageTables
{
    public const ulong Present = 1, Writable = 2, User = 4, Large = 0x80, NoExecute = 1UL << 63;

    private const ulong Address = 0x000F_FFFF_FFFF_F000;

    /// <summary>Follows an address; null where it is not mapped.</summary>
    public static Translation? Walk(GuestMemory memory, ulong cr3, ulong address)
    {
        var top = address >> 47;
        if (top is not (0 or 0x1FFFF))
        {
            return null;
        }

        // PML4
        if (Entry(memory, cr3, address >> 39) is not { } pml4e)
        {
            return null;
        }

        // PDPT
        if (Entry(memory, pml4e, address >> 30) is not { } pdpte)
        {
            return null;
        }

        var rights = pml4e & pdpte;
        if ((pdpte & Large) != 0)
        {
            return Result(pdpte, 1UL << 30, address, rights);
        }

        // PD
        if (Entry(memory, pdpte, address >> 21) is not { } pde)
        {
            return null;
        }

        rights &= pde;
        if ((pde & Large) != 0)
        {
            return Result(pde, 1UL << 21, address, rights);
        }

        // PT
        return Entry(memory, pde, address >> 12) is { } pte ? Result(pte, 1UL << 12, address, rights & pte) : null;
    }

    /// <summary>Maps a 4 KiB page, with tables taken from a free area.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="cr3">The top table.</param>
    /// <param name="free">Where the next table may go; moved on.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="physical">Where it leads.</param>
    /// <param name="flags">The last entry's flags; those above allow everything.</param>
    public static void Map(GuestMemory memory, ulong cr3, ref ulong free, ulong address, ulong physical, ulong flags)
    {
        var table = cr3;
        foreach (var shift in (ReadOnlySpan<int>)[39, 30, 21])
        {
            var slot = new GuestPhysAddr(table + ((address >> shift & 0x1FF) * 8));
            Assert.True(memory.TryRead(slot, out ulong entry));
            if ((entry & Present) == 0)
            {
                entry = free | Present | Writable | User;
                free += 0x1000;
                Assert.True(memory.TryWrite(slot, entry));
            }

            table = entry & Address;
        }

        Assert.True(memory.TryWrite(new GuestPhysAddr(table + ((address >> 12 & 0x1FF) * 8)), physical | flags));
    }

    private static ulong? Entry(GuestMemory memory, ulong table, ulong index) =>
        memory.TryRead(new GuestPhysAddr((table & Address) + (index % 512 * 8)), out ulong entry) && (entry & Present) != 0 ? entry : null;

    private static Translation Result(ulong entry, ulong pageBytes, ulong address, ulong rights) => new(
        (entry & Address) / pageBytes * pageBytes + (address % pageBytes), pageBytes, (rights & Writable) != 0, (rights & User) != 0);
}
