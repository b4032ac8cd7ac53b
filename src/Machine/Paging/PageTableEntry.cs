namespace KvmActors.Machine.Paging;

/// <summary>The bits of x86-64's page tables: Intel SDM vol. 3A, section 4.5, tables 4-15 to 4-20.</summary>
public static class PageTableEntry
{
    /// <summary>P: the entry means something.</summary>
    public const ulong Present = 1 << 0;

    /// <summary>R/W: what it leads to may be written.</summary>
    public const ulong Writable = 1 << 1;

    /// <summary>U/S: what it leads to is user mode's as well.</summary>
    public const ulong User = 1 << 2;

    /// <summary>PS: the entry maps a large page instead of leading to a table.</summary>
    public const ulong LargePage = 1 << 7;

    /// <summary>PAT in the entry of a large page, where a small page's address would begin.</summary>
    public const ulong LargePageAttribute = 1 << 12;

    /// <summary>The physical address in an entry.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Which bits of an address pick the PML4's entry, from this one on.</summary>
    public const int TopShift = 39;

    /// <summary>Bits of an address that pick an entry of one table.</summary>
    public const int BitsPerLevel = 9;

    /// <summary>The bits of an address within a 4 KiB page.</summary>
    public const int PageShift = 12;

    /// <summary>The bits of an address within a 2 MiB page.</summary>
    public const int LargePageShift = 21;

    /// <summary>Size of a page, in bytes.</summary>
    public const ulong PageSize = 1UL << PageShift;

    /// <summary>Size of a large page of a page directory, in bytes.</summary>
    public const ulong LargePageSize = 1UL << LargePageShift;

    /// <summary>First address after the lower half, which is where user programs live.</summary>
    public const ulong LowerHalfEnd = 1UL << 47;

    /// <summary>Which entry of a table an address picks.</summary>
    /// <param name="address">The address.</param>
    /// <param name="shift">The table's level: from which bit of the address on.</param>
    public static ulong IndexOf(ulong address, int shift) => (address >> shift) & 0x1FF;
}
