// Demand paging: memory appears when the program, or the host on its behalf, first touches it. A fault costs as much as dozens of
// instructions here, so each brings the neighbours along, more and more of them while the program goes on where the last fault
// ended, and a whole large page where the area has room for one.
#include "hypercall.h"
#include "kernel.h"
#include "lock.h"
#include "memory.h"
#include "thread.h"

#define GROWTH       4              // of the window, when the program goes on where the last one ended
#define HOST_WINDOW  128            // pages of a buffer, whose rest is going to be wanted
#define LAZY_WINDOW  32             // pages at once at most, where nobody was promised them

// Gives memory to the pages that have none in a part of one 2 MiB region.
static int fill_pages(struct vma *vma, u64 start, u64 end)
{
    u64 *entry = page_table(start);

    if (!entry)
        return -ENOMEM;
    entry += start / PAGE_SIZE % PTES;
    for (u64 left = (end - start) / PAGE_SIZE, pages; left; left -= pages, entry += pages) {
        pages = left;
        if (vma->flags & VMA_LAZY && commit(pages) < 0)
            return -ENOMEM;
        u64 physical = kalloc_run(&pages);
        u64 used = physical ? hypercall_fill(entry, pages, physical | vma->bits, PAGE_SIZE) : 0;
        if (vma->flags & VMA_LAZY)
            uncommit(left - used);
        if (!physical)
            return -ENOMEM;
        if (used < pages)
            kalloc_return(physical + used * PAGE_SIZE, pages - used);
    }
    return 0;
}

// A large page for the address, when all of it is in the range and nothing is there yet.
static bool fill_large(struct vma *vma, u64 address, u64 start, u64 end)
{
    u64 first = address & ~LARGE_MASK;
    u64 *entry, physical;

    if (!(vma->flags & VMA_CHARGED) || first < start || end < first + LARGE_PAGE)
        return false;
    entry = directory_entry(address);
    if (!entry || *entry)
        return false;
    physical = kalloc_large();
    if (!physical)
        return false;
    *entry = physical | vma->bits | PTE_PS;
    return true;
}

// Pages of a file that is mapped shared, around one that is wanted. -EIO when that is behind the file's end.
static int fill_shared(struct vma *vma, u64 page, u64 start, u64 end)
{
    u64 *table = page_table(start);
    int error;

    if (!table)
        return -ENOMEM;
    error = shared_fill(vma->file, vma->first + (start - vma->start) / PAGE_SIZE, table + start / PAGE_SIZE % PTES,
                        (end - start) / PAGE_SIZE, vma->bits);
    return error ? error : table[page / PAGE_SIZE % PTES] ? 0 : page == start ? -EIO : fill_shared(vma, page, page, page + PAGE_SIZE);
}

// All pages of a part of an area.
int populate(struct vma *vma, u64 start, u64 end)
{
    if (vma->file || vma->flags & VMA_BEYOND)
        return 0;                   // they come when they are wanted
    for (u64 next; start < end; start = next) {
        next = (start | LARGE_MASK) + 1;
        if (next > end)
            next = end;
        if (!fill_large(vma, start, start, end) && fill_pages(vma, start, next) < 0)
            return -ENOMEM;
    }
    return 0;
}

// The pages to bring for a fault at a page, before the area and the region limit them.
static void choose_window(u64 page, u64 pages, u64 most, u64 *start, u64 *end)
{
    const struct thread *thread = this_thread();
    u64 last = (thread->window_end - thread->window_start) / PAGE_SIZE;

    if (page == thread->window_end || page + PAGE_SIZE == thread->window_start) {
        if (pages < last * GROWTH)
            pages = last * GROWTH;
        if (pages > most)
            pages = most;
        *start = page == thread->window_end ? page : page - (pages - 1) * PAGE_SIZE;
    } else {
        *start = page & ~(pages * PAGE_SIZE - 1);
    }
    *end = *start + pages * PAGE_SIZE;
}

// Whether a page can be used so: another thread may have brought it.
bool is_there(u64 address, enum access access)
{
    u64 wanted = PTE_P | (access == ACCESS_WRITE ? PTE_W : 0);
    const u64 *entry = address < USER_TOP ? page_table_entry(address) : NULL;

    return entry && (*entry & (wanted | (access == ACCESS_FETCH ? PTE_NX : 0))) == wanted;
}

// 0, -EFAULT when the program may not do that, -EIO when there is nothing of the file any more, or -ENOMEM. `pages`, a power of two, is how many to bring at least.
int serve_fault(u64 address, enum access access, u64 pages)
{
    struct vma *vma = address < USER_TOP ? vma_find(address) : NULL;
    u64 page = PAGE_DOWN(address), first = address & ~LARGE_MASK;
    u64 start, end;

    if (!vma || !(vma->bits & PTE_P) || (access == ACCESS_WRITE && !(vma->bits & PTE_W))
        || (access == ACCESS_FETCH && vma->bits & PTE_NX))
        return -EFAULT;
    if (vma->flags & VMA_BEYOND)
        return -EIO;
    if (fill_large(vma, address, vma->start, vma->end))
        return 0;
    choose_window(page, pages, vma->flags & VMA_LAZY ? LAZY_WINDOW : LARGE_PAGES, &start, &end);
    // A window may begin below 0, where it is above everything.
    if (start < vma->start || start > page)
        start = vma->start;
    if (start < first)
        start = first;
    if (end > vma->end)
        end = vma->end;
    if (end > first + LARGE_PAGE)
        end = first + LARGE_PAGE;
    this_thread()->window_start = start;
    this_thread()->window_end = end;
    if (vma->file)
        return fill_shared(vma, page, start, end);
    if (fill_pages(vma, start, end) == 0)
        return 0;
    return fill_pages(vma, page, page + PAGE_SIZE);
}

// The host found a page missing that a system call needs: what it reported is an address, bit 0 set for a write. False when the
// program may not touch it, or, as long as nobody else could have brought it, when it is there: so that the two cannot go on
// asking each other.
bool host_fault(u64 report)
{
    enum access access = report & 1 ? ACCESS_WRITE : ACCESS_READ;
    u64 address = report & ~(HYPERCALL_FAULT | 1);
    bool brought;

    lock();
    brought = is_there(address, access) ? several_threads() : serve_fault(address, access, HOST_WINDOW) == 0;
    unlock();
    return brought;
}
