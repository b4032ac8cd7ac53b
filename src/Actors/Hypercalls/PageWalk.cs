using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// Follows a guest's 4-level page tables as the processor does for a user-mode access (Intel SDM vol. 3A, sections 4.5 and
/// 4.6). The guest may change its tables at any time: each entry is read once, and the answer holds for this access only.
/// </summary>
internal static class PageWalk
{
    private const ulong Present = 1 << 0, Writable = 1 << 1, User = 1 << 2, LargePage = 1 << 7;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>PAT in the entry of a large page, where a small page's address would begin.</summary>
    private const ulong LargePageAttribute = 1 << 12;

    private const int TopShift = 39, PageShift = 12, BitsPerLevel = 9;

    /// <summary>First address after the lower half, where user programs live.</summary>
    public const ulong UserLimit = 1UL << 47;

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
        for (var shift = TopShift; address < UserLimit; shift -= BitsPerLevel)
        {
            var slot = new GuestPhysAddr(table + (((address >> shift) & 0x1FF) * sizeof(ulong)));
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
