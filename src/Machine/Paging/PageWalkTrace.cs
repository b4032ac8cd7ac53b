using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using static KvmActors.Machine.Paging.PageTableEntry;

namespace KvmActors.Machine.Paging;

/// <summary>One page table entry on the way of a translation.</summary>
/// <param name="Level">The table: PML4E, PDPTE, PDE or PTE.</param>
/// <param name="Address">Where the entry is, guest-physical.</param>
/// <param name="Entry">The entry; null when it is outside memory.</param>
public sealed record PageWalkStep(string Level, ulong Address, ulong? Entry);

/// <summary>How a linear address is translated, entry by entry, whatever the permissions.</summary>
/// <param name="Linear">The address.</param>
/// <param name="Steps">The entries read; none when paging is off.</param>
/// <param name="Physical">Where it is; null when it is nowhere.</param>
public sealed record PageWalkTrace(ulong Linear, IReadOnlyList<PageWalkStep> Steps, ulong? Physical)
{
    // Intel SDM vol. 3A, section 4.1.1: what CR0, CR4 and EFER make of paging.
    private const ulong Cr0Paging = 1UL << 31, Cr4PhysicalAddressExtension = 1 << 5, EferLongModeActive = 1 << 10;

    private static readonly Level[] FourLevels = [new("PML4E", 39, 9), new("PDPTE", 30, 9), new("PDE", 21, 9), new("PTE", 12, 9)];
    private static readonly Level[] PaeLevels = [new("PDPTE", 30, 2), new("PDE", 21, 9), new("PTE", 12, 9)];
    private static readonly Level[] LegacyLevels = [new("PDE", 22, 10), new("PTE", 12, 10)];

    /// <summary>Follows a guest's page tables.</summary>
    public static PageWalkTrace Follow(GuestMemory memory, in kvm_sregs registers, ulong linear)
    {
        if ((registers.cr0 & Cr0Paging) == 0)
        {
            return new PageWalkTrace(linear, [], linear);
        }

        var isLong = (registers.efer & EferLongModeActive) != 0;
        var isPae = (registers.cr4 & Cr4PhysicalAddressExtension) != 0;
        var levels = isLong ? FourLevels : isPae ? PaeLevels : LegacyLevels;
        var entryBytes = isLong || isPae ? sizeof(ulong) : sizeof(uint);

        var steps = new List<PageWalkStep>();
        var table = registers.cr3 & (isLong || !isPae ? AddressMask : 0xFFFF_FFE0);
        foreach (var level in levels)
        {
            var index = (linear >> level.Shift) & ((1UL << level.Bits) - 1);
            var address = new GuestPhysAddr(table + (index * (ulong)entryBytes));
            var entry = Read(memory, address, entryBytes);
            steps.Add(new PageWalkStep(level.Name, address.Value, entry));
            if (entry is not { } value || (value & Present) == 0)
            {
                return new PageWalkTrace(linear, steps, null);
            }

            // A PML4E's and a PAE PDPTE's bit 7 is reserved; elsewhere it ends the walk early.
            var isLeaf = level.Shift == 12 || ((value & LargePage) != 0 && level.Shift != 39 && !(level.Shift == 30 && !isLong));
            if (isLeaf)
            {
                var offset = (1UL << level.Shift) - 1;
                return new PageWalkTrace(linear, steps, (value & AddressMask & ~offset) | (linear & offset));
            }

            table = value & AddressMask;
        }

        return new PageWalkTrace(linear, steps, null);
    }

    private static ulong? Read(GuestMemory memory, GuestPhysAddr address, int bytes)
    {
        if (bytes == sizeof(ulong))
        {
            return memory.TryRead(address, out ulong wide) ? wide : null;
        }

        return memory.TryRead(address, out uint narrow) ? narrow : null;
    }

    private readonly record struct Level(string Name, int Shift, int Bits);
}
