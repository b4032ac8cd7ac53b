// User space's page tables, of 4 KiB and 2 MiB pages: the walk to an entry, and ranges of pages.
//
// An entry with an address but without PTE_P is a page whose contents are kept while the program may not touch it (PROT_NONE).
// An entry of 0 is a page that has no memory yet.
#include "kernel.h"
#include "lock.h"
#include "memory.h"
#include "x86.h"

#define TABLE_BITS (PTE_P | PTE_W | PTE_U)

static u64 *const pml4 = P2V(GUEST_TABLES);

static u64 min(u64 a, u64 b)
{
    return a < b ? a : b;
}

static u64 *table_at(u64 entry)
{
    return P2V(entry & PTE_ADDR);
}

static u64 page_index(u64 address)
{
    return (address >> 12) % PTES;
}

// Null where no directory is.
static u64 *find_directory_entry(u64 address)
{
    u64 entry = pml4[address >> 39];

    if (entry)
        entry = table_at(entry)[(address >> 30) % PTES];
    return entry ? &table_at(entry)[(address >> 21) % PTES] : NULL;
}

// Where the next directory could be, behind one that is not there.
static u64 behind_hole(u64 address)
{
    return pml4[address >> 39] ? (address | (GIB - 1)) + 1 : (address | (PTES * GIB - 1)) + 1;
}

static u64 *table_entry(u64 *entry, u64 index)
{
    if (!*entry) {
        u64 page = kalloc_page();
        if (!page)
            return NULL;
        *entry = page | TABLE_BITS;
    }
    return &table_at(*entry)[index];
}

u64 *directory_entry(u64 address)
{
    u64 *entry = table_entry(&pml4[address >> 39], (address >> 30) % PTES);

    return entry ? table_entry(entry, (address >> 21) % PTES) : NULL;
}

static int split(u64 *entry)
{
    u64 large = *entry;
    u64 page = kalloc_page();

    if (!page)
        return -ENOMEM;
    hypercall_fill(P2V(page), PTES, large & ~PTE_PS, PAGE_SIZE);
    *entry = page | TABLE_BITS;
    return 0;
}

u64 *page_table(u64 address)
{
    u64 *entry = directory_entry(address);

    if (!entry)
        return NULL;
    if (!*entry) {
        u64 page = kalloc_page();
        if (!page)
            return NULL;
        *entry = page | TABLE_BITS;
    } else if (*entry & PTE_PS && split(entry) < 0) {
        return NULL;
    }
    return table_at(*entry);
}

u64 *page_table_entry(u64 address)
{
    u64 *entry = find_directory_entry(address);

    if (!entry || !*entry)
        return NULL;
    return *entry & PTE_PS ? entry : &table_at(*entry)[page_index(address)];
}

// When the address is inside a large page, makes it small pages. What follows can then change either side alone.
int split_large_page(u64 address)
{
    u64 *entry;

    if (!(address & LARGE_MASK) || address >= USER_TOP)
        return 0;
    entry = find_directory_entry(address);
    return entry && *entry & PTE_PS ? split(entry) : 0;
}

// Maps contiguous pages where nothing is, so there is nothing to flush.
int map_user(u64 address, u64 physical, u64 pages, u64 bits)
{
    while (pages) {
        u64 index = page_index(address);
        u64 count = min(PTES - index, pages);
        u64 *entry = page_table(address);
        if (!entry)
            return -ENOMEM;
        hypercall_fill(entry + index, count, physical | bits, PAGE_SIZE);
        address += count * PAGE_SIZE;
        physical += count * PAGE_SIZE;
        pages -= count;
    }
    return 0;
}

// Empties a range, frees its pages unless they are somebody else's, and returns how many were freed. Large pages at its ends must
// have been split. Before they can be
// anybody else's, no other thread may know them; and no other vCPU may remember a page table that has been freed.
u64 unmap_user(u64 start, u64 end, bool frees)
{
    bool tables_were_freed = false;
    u64 freed = 0;

    if (several_threads()) {
        protect_user(start, end, 0);
        hypercall_flush();
    }
    while (start < end) {
        u64 *entry = find_directory_entry(start);
        u64 next = min(entry ? (start | LARGE_MASK) + 1 : behind_hole(start), end);
        if (!entry || !*entry) {
            // Nothing there.
        } else if (*entry & PTE_PS) {
            u64 large = *entry & PTE_ADDR;
            *entry = 0;
            kfree_run(large, LARGE_PAGES);
            freed += LARGE_PAGES;
        } else {
            u64 *table = table_at(*entry);
            if (frees)
                freed += free_entries(table + page_index(start), (next - start) / PAGE_SIZE);
            else
                clear_entries(table + page_index(start), (next - start) / PAGE_SIZE);
            if (next - start == LARGE_PAGE) {
                *entry = 0;
                kfree_page(V2P(table));
                tables_were_freed = true;
            }
        }
        start = next;
    }
    if (tables_were_freed)
        flush_others();
    return freed;
}

// Likewise, changes what the program may do to the pages that are there.
void protect_user(u64 start, u64 end, u64 bits)
{
    while (start < end) {
        u64 *entry = find_directory_entry(start);
        u64 next = min(entry ? (start | LARGE_MASK) + 1 : behind_hole(start), end);
        if (!entry || !*entry) {
            // Nothing there.
        } else if (*entry & PTE_PS) {
            *entry = (*entry & PTE_ADDR) | PTE_PS | bits;
        } else {
            change_entries(table_at(*entry) + page_index(start), (next - start) / PAGE_SIZE, bits);
        }
        start = next;
    }
}

// Moves the pages of a range to one where nothing is. The tables are made first, so what fails changes nothing.
int move_user(u64 from, u64 to, u64 bytes)
{
    for (int pass = 0; pass < 2; pass++) {
        for (u64 done = 0, part; done < bytes; done += part) {
            u64 source = from + done, target = to + done;
            part = min(min(LARGE_PAGE - (source & LARGE_MASK), LARGE_PAGE - (target & LARGE_MASK)), bytes - done);
            u64 *old = find_directory_entry(source);
            if (!old || !*old)
                continue;
            if (part == LARGE_PAGE) {
                u64 *new = directory_entry(target);
                if (!new)
                    return -ENOMEM;
                if (pass) {
                    // An empty table may be left there from what was mapped before.
                    if (*new)
                        kfree_page(*new & PTE_ADDR);
                    *new = *old;
                    *old = 0;
                }
                continue;
            }
            u64 *source_table = page_table(source), *target_table = page_table(target);
            if (!source_table || !target_table)
                return -ENOMEM;
            if (pass) {
                memcpy(target_table + page_index(target), source_table + page_index(source), part / PAGE_SIZE * sizeof(u64));
                memset(source_table + page_index(source), 0, part / PAGE_SIZE * sizeof(u64));
            }
        }
    }
    return 0;
}

// On the vCPUs of the other threads.
void flush_others(void)
{
    if (several_threads())
        hypercall_flush();
}

// After anything but a first mapping, on this vCPU.
void flush_user(u64 start, u64 end)
{
    if (end - start == PAGE_SIZE)
        invlpg(start);
    else
        flush_tlb();
}
