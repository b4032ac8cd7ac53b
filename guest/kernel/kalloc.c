// Physical pages. Small ones come from the lower end of fresh memory, which is zero and costs no clearing, large ones from its
// upper end. What was freed is cleared by the host, a run of pages at a time, when it is handed out again.
//
// Memory above 4 GiB is used when what is below is. A hypercall's argument is 32 bits wide, so where there is any, a part below is kept
// for the threads' blocks, in which the kernel's stacks are.
//
// It also keeps the promises: what user space may touch is committed first, so that running out is an error of the call that
// asked and not of the fault that comes later.
#include "kernel.h"
#include "memory.h"
#include "thread.h"

// A run of free pages, in the first of them.
struct run {
    struct run *next;
    u64 pages;
};

static u64 fresh, fresh_end;        // zero, never handed out or cleared since
static u64 mapped_end;              // the kernel's map covers fresh memory from below up to here
static struct run *free_runs, *free_large;
static u64 committed, commit_limit;
static u64 first_page;              // below it nothing is ours to free
static u64 reserve, reserve_end;    // fresh memory for kalloc_aligned alone

#define RESERVE (MAX_VCPUS * THREAD_BLOCK)

u64 high_memory[2];

// What the kernel's map cannot reach is not used.
static u64 reachable_end(u64 start, u64 end)
{
    while (end > start && !map_kernel_page((end - 1) & ~LARGE_MASK))
        end = (end - 1) & ~(GIB - 1);
    return end > start ? end : start;
}

void kalloc_init(u64 first_free, u64 free_bytes)
{
    u64 pages;

    first_page = fresh = mapped_end = PAGE_UP(first_free);
    fresh_end = reachable_end(fresh, PAGE_DOWN(first_free + free_bytes));
    high_memory[1] = high_memory[1] ? reachable_end(high_memory[0], high_memory[0] + high_memory[1]) - high_memory[0] : 0;
    if (high_memory[1]) {
        reserve_end = fresh_end;
        reserve = fresh_end = fresh_end - RESERVE;
    }
    pages = (fresh_end - fresh + high_memory[1]) / PAGE_SIZE;
    // Page tables and the kernel's own pieces take what nobody was promised.
    commit_limit = pages - pages / 256;
    commit_limit = commit_limit > 16 ? commit_limit - 16 : 0;
}

int commit(u64 pages)
{
    if (committed > commit_limit || pages > commit_limit - committed)
        return -ENOMEM;
    committed += pages;
    return 0;
}

void uncommit(u64 pages)
{
    committed -= pages;
}

// Fresh memory is that above 4 GiB from now on; false when it is already. What is left of the other has no room for a large page.
static bool go_high(void)
{
    u64 left = fresh, end = fresh_end;

    if (!high_memory[1])
        return false;
    fresh = mapped_end = high_memory[0];
    fresh_end = fresh + high_memory[1];
    high_memory[1] = 0;
    if (left < end) {
        map_kernel_page(left & ~LARGE_MASK);
        map_kernel_page((end - 1) & ~LARGE_MASK);
        kfree_run(left, (end - left) / PAGE_SIZE);
    }
    return true;
}

static u64 take_fresh(u64 pages)
{
    u64 first = fresh;

    // The host need not have mapped all memory, so each large page is mapped when its turn comes.
    while (mapped_end < first + pages * PAGE_SIZE) {
        map_kernel_page(mapped_end & ~LARGE_MASK);
        mapped_end = (mapped_end | LARGE_MASK) + 1;
    }
    fresh = first + pages * PAGE_SIZE;
    return first;
}

u64 kalloc_pages(u64 count)
{
    return count <= (fresh_end - fresh) / PAGE_SIZE ? take_fresh(count) : 0;
}

// From the end of the first free run.
static u64 take_freed(u64 pages)
{
    struct run *run = free_runs;
    u64 first;

    run->pages -= pages;
    first = V2P(run) + run->pages * PAGE_SIZE;
    if (!run->pages)
        free_runs = run->next;
    hypercall_zero(first, pages * PAGE_SIZE);
    return first;
}

u64 kalloc_run(u64 *pages)
{
    u64 want = *pages, left;

    if (free_runs && free_runs->pages >= want)
        return take_freed(want);
    if (fresh == fresh_end && !go_high() && !free_runs && free_large) {
        // Small pages from a large one. It is below mapped_end or was mapped when it was taken.
        fresh = V2P(free_large);
        fresh_end = mapped_end = fresh + LARGE_PAGE;
        free_large = free_large->next;
        hypercall_zero(fresh, LARGE_PAGE);
    }
    left = (fresh_end - fresh) / PAGE_SIZE;
    if (left) {
        *pages = want < left ? want : left;
        return take_fresh(*pages);
    }
    if (!free_runs)
        return 0;
    *pages = want < free_runs->pages ? want : free_runs->pages;
    return take_freed(*pages);
}

void kalloc_return(u64 first, u64 pages)
{
    if (first + pages * PAGE_SIZE == fresh)
        fresh = first;
    else
        kfree_run(first, pages);
}

u64 kalloc_page(void)
{
    u64 pages = 1;
    u64 page = kalloc_run(&pages);

    committed += page != 0;
    return page;
}

u64 kalloc_large(void)
{
    u64 end = fresh_end & ~LARGE_MASK;
    u64 first;

    if (free_large) {
        first = V2P(free_large);
        free_large = free_large->next;
        hypercall_zero(first, LARGE_PAGE);
        return first;
    }
    if (end < fresh + LARGE_PAGE)
        return go_high() ? kalloc_large() : 0;
    first = end - LARGE_PAGE;
    map_kernel_page(first);
    if (end < fresh_end) {
        map_kernel_page(end);
        kfree_run(end, (fresh_end - end) / PAGE_SIZE);
    }
    fresh_end = first;
    return first;
}

// From the end of a free run that is wide enough.
static u64 take_aligned(u64 count)
{
    for (struct run *run = free_runs; run; run = run->next) {
        u64 first = V2P(run), end = first + run->pages * PAGE_SIZE;
        u64 place = (end - count * PAGE_SIZE) & ~(count * PAGE_SIZE - 1);
        if (run->pages <= count || place <= first)
            continue;               // its first page keeps the run
        run->pages = (place - first) / PAGE_SIZE;
        kfree_run(place + count * PAGE_SIZE, (end - place) / PAGE_SIZE - count);
        hypercall_zero(place, count * PAGE_SIZE);
        return place;
    }
    return 0;
}

u64 kalloc_aligned(u64 count)
{
    u64 bytes = count * PAGE_SIZE, gap = -fresh & (bytes - 1), first;

    if (reserve_end) {
        first = (reserve + bytes - 1) & ~(bytes - 1);
        if (first + bytes > reserve_end)
            return 0;
        reserve = first + bytes;
        for (u64 page = first & ~LARGE_MASK; page < reserve; page += LARGE_PAGE)
            map_kernel_page(page);
        return first;               // promised to nobody
    }
    if (fresh_end > fresh && fresh_end - fresh >= gap + bytes) {
        first = take_fresh(gap / PAGE_SIZE + count) + gap;
        kfree_run(first - gap, gap / PAGE_SIZE);
    } else {
        first = take_aligned(count);
        if (!first) {
            first = kalloc_large();
            if (first)
                kfree_run(first + bytes, LARGE_PAGES - count);
        }
    }
    if (first)
        committed += count;
    return first;
}

void kfree_run(u64 first, u64 pages)
{
    struct run *run = P2V(first);
    struct run **list = &free_runs;

    if (!pages || first < first_page)
        return;                     // the boot stack's pages are not ours
    if (pages == LARGE_PAGES && !(first & LARGE_MASK))
        list = &free_large;
    run->pages = pages;
    run->next = *list;
    *list = run;
}

void kfree_page(u64 page)
{
    committed--;
    kfree_run(page, 1);
}
