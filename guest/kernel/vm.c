// Page tables: user space by 4 KiB pages, the kernel's map of physical memory by 2 MiB pages.
#include "kernel.h"
#include "memlayout.h"
#include "mmu.h"

static u64 *const pml4 = P2V(GUEST_TABLES);
static u64 *const boot_pdpt = P2V(BOOT_PDPT);

// The table an entry points to, made when there is none. Protection is the last level's business.
static u64 *next_table(u64 *entry)
{
    if (!(*entry & PTE_P)) {
        u64 page = kalloc_page();
        if (!page)
            return NULL;
        *entry = page | PTE_P | PTE_W | PTE_U;
    }
    return P2V(*entry & PTE_ADDR);
}

static u64 *page_table(u64 address)
{
    u64 *pdpt = P2V(pml4[0] & PTE_ADDR);
    u64 *directory = next_table(&pdpt[address >> 30]);

    return directory ? next_table(&directory[(address >> 21) % PTES]) : NULL;
}

// Maps contiguous pages that nobody mapped before, so there is nothing to flush.
int map_user(u64 address, u64 physical, u64 pages, u64 flags)
{
    u64 value = physical | flags | PTE_P | PTE_U | PTE_A | PTE_D;

    while (pages) {
        u64 index = (address >> 12) % PTES;
        u64 count = PTES - index < pages ? PTES - index : pages;
        u64 *entry = page_table(address);
        if (!entry)
            return -ENOMEM;
        u64 *end = entry + index + count;
        // Unrolled, because this is most of what starting a large program costs: two instructions per page.
#pragma GCC unroll 8
        for (entry += index; entry < end; value += PAGE_SIZE)
            *entry++ = value;
        address += count * PAGE_SIZE;
        pages -= count;
    }
    return 0;
}

// The entry that maps a user address, or null. The address must be below USER_TOP.
u64 *user_pte(u64 address)
{
    u64 *table = P2V(pml4[0] & PTE_ADDR);

    for (int shift = 30; ; shift -= 9) {
        u64 *entry = &table[(address >> shift) % PTES];
        if (!(*entry & PTE_P))
            return NULL;
        if (shift == 12)
            return entry;
        table = P2V(*entry & PTE_ADDR);
    }
}

// Makes the kernel's map have a large page; false where the boot tables have no directory for its GiB. Every PML4 entry of
// the kernel leads to the boot PDPT.
bool map_kernel_page(u64 physical)
{
    u64 entry = boot_pdpt[physical / GIB];

    if (!(entry & PTE_P))
        return false;
    u64 *directory = P2V(entry & PTE_ADDR);
    directory[physical / LARGE_PAGE % PTES] = physical | PTE_P | PTE_W | PTE_PS;
    return true;
}
