using KvmActors.Interop.Memory;
using static KvmActors.Machine.Paging.PageTableEntry;

namespace KvmActors.Machine.Paging;

/// <summary>
/// Follows a guest's 4-level page tables as the processor does for a user-mode access (Intel SDM vol. 3A, sections 4.5 and
/// 4.6). The guest may change its tables at any time: each entry is read once, and the answer holds for this access only.
/// </summary>
public static class PageWalk
{
    /// <summary>Translates an address for a user-mode access.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="cr3">CR3.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="forWrite">Whether the access writes.</param>
    /// <param name="physical">Where it is.</param>
    /// <param name="bytesLeft">Bytes from there to the end of its page.</param>
    /// <returns>False when such an access would fault.</returns>
    public static bool TryTranslate(GuestMemory memory, ulong cr3, ulong address, bool forWrite, out GuestPhysAddr physical, out ulong bytesLeft)
    {
        var required = Present | User | (forWrite ? Writable : 0);
        var table = cr3 & AddressMask;
        for (var shift = TopShift; address < LowerHalfEnd; shift -= BitsPerLevel)
        {
            var slot = new GuestPhysAddr(table + (IndexOf(address, shift) * sizeof(ulong)));
            if (!memory.TryRead(slot, out ulong entry) || (entry & required) != required)
            {
                break;
            }

            table = entry & AddressMask;
            var isLarge = shift > PageShift && (entry & LargePage) != 0;
            if (isLarge && (shift == TopShift || (table & ((1UL << shift) - 1) & ~LargePageAttribute) != 0))
            {
                // A reserved bit is set.
                break;
            }

            if (isLarge || shift == PageShift)
            {
                var pageSize = 1UL << shift;
                var offset = address & (pageSize - 1);
                physical = new GuestPhysAddr((table & ~(pageSize - 1)) + offset);
                bytesLeft = pageSize - offset;
                return true;
            }
        }

        physical = default;
        bytesLeft = 0;
        return false;
    }
}
