using KvmActors.Interop.Memory;
using static KvmActors.Machine.Paging.PageTableEntry;

namespace KvmActors.Machine.Paging;

/// <summary>
/// Builds 4-level page tables that map addresses to themselves (Intel SDM vol. 3A, section 4.5). Tables are writable and open
/// to user mode, so that a guest can hang user pages of its own under them; what is mapped here is for the kernel only.
/// </summary>
/// <param name="memory">The guest's memory, where the tables go.</param>
/// <param name="tables">Zero pages for the tables, in the order they are used: first the PML4.</param>
internal sealed class PageTableBuilder(GuestMemory memory, IEnumerator<GuestPhysAddr> tables)
{
    private readonly GuestPhysAddr _top = Take(tables) ?? throw new ArgumentException("There is no page for the PML4.", nameof(tables));

    /// <summary>How many tables a map takes, the PML4 included.</summary>
    /// <param name="ranges">What it covers, in ascending order.</param>
    /// <param name="pageSize">4 KiB or 2 MiB.</param>
    public static ulong Count(IReadOnlyList<MemoryRange> ranges, ulong pageSize)
    {
        ulong count = 1;
        for (var shift = TopShift; shift > ShiftOf(pageSize); shift -= BitsPerLevel)
        {
            // One table for each entry of the level above; a range may begin under the entry at which its predecessor ended.
            ulong? last = null;
            foreach (var range in ranges)
            {
                var first = range.Start.Value >> shift;
                var end = (range.End.Value - 1) >> shift;
                count += end - first + (first == last ? 0UL : 1UL);
                last = end;
            }
        }

        return count;
    }

    /// <summary>Maps a range to itself; its last part is mapped as a whole page.</summary>
    /// <param name="range">What to map.</param>
    /// <param name="pageSize">4 KiB or 2 MiB.</param>
    /// <returns>False when there are too few tables, or one is outside memory.</returns>
    public bool TryMap(MemoryRange range, ulong pageSize)
    {
        for (var page = range.Start.Value; page < range.End.Value; page += pageSize)
        {
            if (!TryMapPage(page, ShiftOf(pageSize)))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryMapPage(ulong page, int pageShift)
    {
        var table = _top;
        for (var shift = TopShift; shift > pageShift; shift -= BitsPerLevel)
        {
            var slot = SlotOf(table, page, shift);
            if (!memory.TryRead(slot, out ulong entry))
            {
                return false;
            }

            if ((entry & Present) == 0)
            {
                if (Take(tables) is not { } next || !memory.TryWrite(slot, next.Value | Present | Writable | User))
                {
                    return false;
                }

                entry = next.Value;
            }

            table = new GuestPhysAddr(entry & AddressMask);
        }

        return memory.TryWrite(SlotOf(table, page, pageShift), page | Present | Writable | (pageShift == LargePageShift ? LargePage : 0));
    }

    private static GuestPhysAddr SlotOf(GuestPhysAddr table, ulong page, int shift) => table + (IndexOf(page, shift) * sizeof(ulong));

    private static int ShiftOf(ulong pageSize) => pageSize == LargePageSize ? LargePageShift : PageShift;

    private static GuestPhysAddr? Take(IEnumerator<GuestPhysAddr> tables) => tables.MoveNext() ? tables.Current : null;
}
