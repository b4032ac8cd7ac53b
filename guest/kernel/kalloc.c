// Physical pages. Fresh memory first, because it is zero and costs no clearing; then pages that were freed, which are cleared
// when they are handed out again.
#include "kernel.h"
#include "memlayout.h"
#include "mmu.h"

struct free_page {
    struct free_page *next;
};

static u64 fresh, fresh_end;        // never used so far
static u64 mapped_end;              // the kernel's map covers fresh memory up to here
static struct free_page *free_pages;

void kalloc_init(u64 first_free, u64 free_bytes)
{
    fresh = mapped_end = PAGE_UP(first_free);
    fresh_end = PAGE_DOWN(first_free + free_bytes);
}

// Contiguous pages, all zero; never from the free list.
u64 kalloc_pages(u64 count)
{
    u64 first = fresh;

    if (count > (fresh_end - fresh) / PAGE_SIZE)
        return 0;
    // The host need not have mapped all memory, so each large page is mapped when its turn comes.
    while (mapped_end < first + count * PAGE_SIZE) {
        if (!map_kernel_page(mapped_end & ~(LARGE_PAGE - 1)))
            return 0;
        mapped_end = (mapped_end | (LARGE_PAGE - 1)) + 1;
    }
    fresh = first + count * PAGE_SIZE;
    return first;
}

u64 kalloc_page(void)
{
    u64 page = kalloc_pages(1);

    if (!page && free_pages) {
        page = V2P(free_pages);
        free_pages = free_pages->next;
        memset(P2V(page), 0, PAGE_SIZE);
    }
    return page;
}

void kfree_page(u64 page)
{
    struct free_page *freed = P2V(page);

    if (page & PAGE_MASK || page < FREE_MEMORY || page >= fresh)
        panic("kfree_page of 0x%lx", page);
    freed->next = free_pages;
    free_pages = freed;
}
