using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Boot;

/// <summary>
/// Where things are in guest-physical memory when a <c>long64</c> or <c>elf64</c> guest is entered. The guests' copy is
/// <c>guest/include/memlayout.h</c>; a test compares the two. Addresses and sizes in bytes.
/// </summary>
public static class MemoryLayout
{
    /// <summary>Size of a page.</summary>
    public const ulong PageSize = PageTableEntry.PageSize;

    /// <summary>Size of the pages of the identity map.</summary>
    public const ulong LargePageSize = PageTableEntry.LargePageSize;

    /// <summary>Images end here unless they are loaded above <see cref="FreeMemory"/>.</summary>
    public const ulong ImageLimit = 0x1F_6000;

    /// <summary>The global descriptor table.</summary>
    public const ulong Gdt = 0x1F_6000;

    /// <summary>What the guest kernel says of its program.</summary>
    public const ulong ProgramInfo = 0x1F_6800;

    /// <summary>The top page table, and so CR3.</summary>
    public const ulong Pml4 = 0x1F_7000;

    /// <summary>The page directory pointer table of the identity map.</summary>
    public const ulong Pdpt = 0x1F_8000;

    /// <summary>The page directory of the identity map's first GiB.</summary>
    public const ulong Pd = 0x1F_9000;

    /// <summary>Zero pages for the guest's own first page tables, up to <see cref="BootStack"/>.</summary>
    public const ulong GuestTables = 0x1F_A000;

    /// <summary>The stack of vCPU 0, up to <see cref="BootStackTop"/>.</summary>
    public const ulong BootStack = 0x1F_C000;

    /// <summary>The end of vCPU 0's stack.</summary>
    public const ulong BootStackTop = 0x20_0000;

    /// <summary>First byte the guest may use as it likes: RDI at entry.</summary>
    public const ulong FreeMemory = 0x20_0000;

    /// <summary>Stack of each further vCPU, downwards from the top of memory.</summary>
    public const ulong VcpuStackSize = 0x4000;

    /// <summary>Selector of the kernel's code segment.</summary>
    public const ushort KernelCodeSelector = 0x08;

    /// <summary>Selector of the kernel's data segment.</summary>
    public const ushort KernelDataSelector = 0x10;

    /// <summary>Selector of the user data segment, without its privilege level.</summary>
    public const ushort UserDataSelector = 0x28;

    /// <summary>Selector of the user code segment, without its privilege level.</summary>
    public const ushort UserCodeSelector = 0x30;

    /// <summary>Selector of the task state segment, whose descriptor the guest writes.</summary>
    public const ushort TssSelector = 0x38;

    /// <summary>Memory above this address starts again at <see cref="HighMemory"/>: between them PCs and KVM keep devices.</summary>
    public const ulong LowMemoryLimit = 0xC000_0000;

    /// <summary>Where memory goes on after <see cref="LowMemoryLimit"/>.</summary>
    public const ulong HighMemory = 0x1_0000_0000;

    /// <summary>What the boot structures occupy, which no image may overlap.</summary>
    public static MemoryRange Reserved { get; } = new(new GuestPhysAddr(Gdt), BootStackTop - Gdt);

    /// <summary>The ranges that hold a VM's memory.</summary>
    /// <param name="bytes">How much, a multiple of the page size.</param>
    public static IReadOnlyList<MemoryRange> RangesFor(ulong bytes) => bytes <= LowMemoryLimit
        ? [new MemoryRange(new GuestPhysAddr(0), bytes)]
        :
        [
            new MemoryRange(new GuestPhysAddr(0), LowMemoryLimit),
            new MemoryRange(new GuestPhysAddr(HighMemory), bytes - LowMemoryLimit),
        ];
}
