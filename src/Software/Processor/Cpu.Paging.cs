using KvmActors.Interop.Memory;

namespace KvmActors.Software.Processor;

/// <summary>What an access does.</summary>
internal enum Access
{
    /// <summary>Reads data.</summary>
    Read,

    /// <summary>Writes data.</summary>
    Write,

    /// <summary>Fetches instructions.</summary>
    Execute,
}

/// <summary>Translating linear to physical addresses (Intel SDM vol. 3A, chapter 5).</summary>
internal sealed partial class Cpu
{
    // Bits of page-table entries.
    private const ulong Present = 1 << 0, Writable = 1 << 1, User = 1 << 2, Accessed = 1 << 5, Dirty = 1 << 6, Large = 1 << 7;
    private const ulong NoExecute = 1UL << 63;

    // Bits of the error code.
    private const uint WasPresent = 1 << 0, WasWrite = 1 << 1, WasUser = 1 << 2, WasReserved = 1 << 3, WasFetch = 1 << 4;

    /// <summary>Bits of a guest-physical address; what CPUID says.</summary>
    public const int PhysicalBits = 48;

    private const ulong AddressMask = ((1UL << PhysicalBits) - 1) & ~0xFFFUL;
    private const ulong ReservedAddress = 0x000F_FFFF_FFFF_FFFF & ~((1UL << PhysicalBits) - 1);

    private struct Page
    {
        public ulong Physical;
        public bool MayWrite, MayExecute;
        public bool IsLarge;
    }

    /// <summary>Translates an address and remembers it. Raises #PF.</summary>
    public ulong Translate(ulong linear, Access access, bool isUser)
    {
        Page page;
        if (!HasPaging)
        {
            page = new Page { Physical = linear & PageMask, MayWrite = true, MayExecute = true };
        }
        else
        {
            Walk(linear, access, isUser, out page);
        }

        if (Memory.Find(page.Physical) is { } slot)
        {
            var tag = (linear & PageMask) | TlbEntry.Valid;
            ref var entry = ref Tlb.Table(isUser)[(int)(linear >> 12) & (Tlb.Entries - 1)];
            entry.Read = tag;
            entry.Write = page.MayWrite && !slot.Range.IsReadOnly && !Code.Contains(page.Physical) ? tag : 0;
            entry.Execute = page.MayExecute ? tag : 0;
            entry.Physical = page.Physical;
            entry.Addend = page.Physical - slot.Range.Start.Value - (linear & PageMask);
            entry.Slot = slot;
            if (page.IsLarge)
            {
                Tlb.NoteLargePage();
            }
        }

        return page.Physical | (linear & 0xFFF);
    }

    private void Walk(ulong linear, Access access, bool isUser, out Page page)
    {
        if ((Control4 & Cr4.PhysicalAddressExtension) != 0)
        {
            WalkWide(linear, access, isUser, out page);
        }
        else
        {
            WalkNarrow(linear, access, isUser, out page);
        }
    }

    // Tables of 512 entries: four levels in long mode, three otherwise.
    private void WalkWide(ulong linear, Access access, bool isUser, out Page page)
    {
        var level = IsLongMode ? 4 : 3;
        var table = IsLongMode ? Control3 & AddressMask : Control3 & 0xFFFF_FFE0;
        var rights = Writable | User | NoExecute;
        while (true)
        {
            var shift = 12 + (9 * (level - 1));
            var address = table + (((linear >> shift) & 0x1FF) * 8);
            var entry = ReadTable<ulong>(address, linear, access, isUser);
            if ((entry & Present) == 0)
            {
                throw PageFault(linear, access, isUser, 0);
            }

            // The entries of the top table of three levels have no rights and no accessed bit.
            var isPointer = level == 3 && !IsLongMode;
            var isLeaf = level == 1 || (level <= 3 && !isPointer && (entry & Large) != 0);
            if ((entry & ReservedBits(level, isLeaf)) != 0)
            {
                throw PageFault(linear, access, isUser, WasPresent | WasReserved);
            }

            if (!isPointer)
            {
                rights &= (entry & (Writable | User)) | (~entry & NoExecute) | ((ExtendedFeatures & Efer.NoExecute) == 0 ? NoExecute : 0);
            }

            if (!isLeaf)
            {
                SetTableBits(address, entry, isPointer ? 0 : Accessed);
                table = entry & AddressMask;
                level--;
                continue;
            }

            Check(linear, access, isUser, rights);
            SetTableBits(address, entry, Accessed | (access == Access.Write ? Dirty : 0));
            var offsetMask = (1UL << shift) - 1;
            page = new Page
            {
                Physical = ((entry & AddressMask & ~offsetMask) | (linear & offsetMask)) & PageMask,
                MayWrite = Allows(Access.Write, isUser, rights) && (access == Access.Write || (entry & Dirty) != 0),
                MayExecute = Allows(Access.Execute, isUser, rights),
                IsLarge = level > 1,
            };
            return;
        }
    }

    // Tables of 1,024 entries: two levels.
    private void WalkNarrow(ulong linear, Access access, bool isUser, out Page page)
    {
        var address = (Control3 & 0xFFFF_F000) + (((linear >> 22) & 0x3FF) * 4);
        ulong entry = ReadTable<uint>(address, linear, access, isUser);
        if ((entry & Present) == 0)
        {
            throw PageFault(linear, access, isUser, 0);
        }

        var rights = (entry & (Writable | User)) | NoExecute;
        var isLarge = (entry & Large) != 0 && (Control4 & Cr4.PageSize) != 0;
        if (!isLarge)
        {
            SetTableBits(address, entry, Accessed, isNarrow: true);
            address = (entry & 0xFFFF_F000) + (((linear >> 12) & 0x3FF) * 4);
            entry = ReadTable<uint>(address, linear, access, isUser);
            if ((entry & Present) == 0)
            {
                throw PageFault(linear, access, isUser, 0);
            }

            rights &= entry | NoExecute;
        }
        else if ((entry & (1 << 21)) != 0)
        {
            throw PageFault(linear, access, isUser, WasPresent | WasReserved);
        }

        Check(linear, access, isUser, rights);
        SetTableBits(address, entry, Accessed | (access == Access.Write ? Dirty : 0), isNarrow: true);

        // Bits 39:32 of a large page's address are bits 20:13 of the entry.
        page = new Page
        {
            Physical = isLarge
                ? (entry & 0xFFC0_0000) | ((entry & 0x1F_E000) << 19) | (linear & 0x3F_F000)
                : entry & 0xFFFF_F000,
            MayWrite = Allows(Access.Write, isUser, rights) && (access == Access.Write || (entry & Dirty) != 0),
            MayExecute = Allows(Access.Execute, isUser, rights),
            IsLarge = isLarge,
        };
    }

    private ulong ReservedBits(int level, bool isLeaf)
    {
        var reserved = ReservedAddress | ((ExtendedFeatures & Efer.NoExecute) == 0 ? NoExecute : 0);
        return level switch
        {
            4 => reserved | Large,
            3 when !IsLongMode => ReservedAddress | 0xFFF0_0000_0000_01E6,
            3 when isLeaf => reserved | 0x3FFF_E000,
            2 when isLeaf => reserved | 0x1F_E000,
            _ => reserved,
        };
    }

    private void Check(ulong linear, Access access, bool isUser, ulong rights)
    {
        if (!Allows(access, isUser, rights))
        {
            throw PageFault(linear, access, isUser, WasPresent);
        }
    }

    private bool Allows(Access access, bool isUser, ulong rights)
    {
        if (isUser && (rights & User) == 0)
        {
            return false;
        }

        return access switch
        {
            Access.Write => (rights & Writable) != 0 || (!isUser && (Control0 & Cr0.WriteProtect) == 0),
            Access.Execute => (rights & NoExecute) != 0 && (isUser || (rights & User) == 0 || (Control4 & Cr4.Smep) == 0),
            _ => true,
        };
    }

    private T ReadTable<T>(ulong address, ulong linear, Access access, bool isUser)
        where T : unmanaged
    {
        if (Memory.Find(address) is not { } slot)
        {
            throw PageFault(linear, access, isUser, 0);
        }

        return slot.At<T>(address - slot.Range.Start.Value);
    }

    // Other processors may set bits of the same entry.
    private void SetTableBits(ulong address, ulong entry, ulong bits, bool isNarrow = false)
    {
        if ((entry & bits) == bits || Memory.Find(address) is not { Range.IsReadOnly: false } slot)
        {
            return;
        }

        // The bits are in the lowest byte's reach of either width.
        var offset = address - slot.Range.Start.Value;
        if (isNarrow)
        {
            Interlocked.Or(ref slot.At<uint>(offset), (uint)bits);
        }
        else
        {
            Interlocked.Or(ref slot.At<ulong>(offset), bits);
        }

        NoteWrite(address, isNarrow ? sizeof(uint) : sizeof(ulong));
    }

    private GuestFault PageFault(ulong linear, Access access, bool isUser, uint code)
    {
        var tellsFetches = (ExtendedFeatures & Efer.NoExecute) != 0 || (Control4 & Cr4.Smep) != 0;
        Cr2 = linear;
        return Fault(
            Vector.PageFault,
            code | (access == Access.Write ? WasWrite : 0) | (isUser ? WasUser : 0) | (access == Access.Execute && tellsFetches ? WasFetch : 0));
    }

    /// <summary>Finds the slot that an instruction is fetched from; raises #PF.</summary>
    /// <param name="linear">The instruction's linear address.</param>
    /// <param name="physical">Its guest-physical address.</param>
    /// <returns>Null where there is no memory.</returns>
    public GuestSlot? FindCode(ulong linear, out ulong physical)
    {
        ref readonly var entry = ref _tlb[(int)(linear >> 12) & (Tlb.Entries - 1)];
        if (entry.Execute == ((linear & PageMask) | TlbEntry.Valid))
        {
            physical = entry.Physical | (linear & 0xFFF);
            return entry.Slot;
        }

        physical = Translate(linear, Access.Execute, Cpl == 3);
        return Memory.Find(physical);
    }
}
