// The kernel's map of physical memory, by 2 MiB pages. It is made in the tables that the host left, so it allocates nothing, and
// what allocates pages can stand on it.
#include "kernel.h"
#include "memory.h"

static u64 *const boot_pdpt = P2V(BOOT_PDPT);

// Makes the map have a large page; false where the boot tables have no directory for its GiB. Every PML4 entry of the kernel
// leads to the boot PDPT.
bool map_kernel_page(u64 physical)
{
    u64 entry = boot_pdpt[physical / GIB];
    u64 *directory = P2V(entry & PTE_ADDR);

    if (!(entry & PTE_P))
        return false;
    directory[physical / LARGE_PAGE % PTES] = physical | PTE_P | PTE_W | PTE_PS;
    return true;
}
