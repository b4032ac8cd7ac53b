// The vDSO: code of ours in the program's address space, which tells it the time without a system call, behind the page with what it
// needs for that. The page is 0 until the program first asks the host for the time, so a program that never does costs nothing, and
// one that goes on from another one's memory begins anew (hypercall.h).
#include "kernel.h"
#include "memory.h"
#include "vdso.h"

#define PAGES 2

extern struct clock_page clock_page __attribute__((visibility("hidden")));    // vdsoimage.S

// Pages of the kernel's own image, which kalloc.c does not take back, in one area: each costs its share of a program's start.
int map_vdso(struct process *process)
{
    u64 start = vma_gap(PAGES * PAGE_SIZE, mmap_top, 0), end = start + PAGES * PAGE_SIZE;
    u64 bits = prot_bits(PROT_READ | PROT_EXEC);

    if (!start || commit(PAGES) < 0 || vma_add(start, end, bits, VMA_CHARGED | VMA_FILE) < 0
        || map_user(start, V2P(&clock_page), PAGES, bits) < 0)
        return -ENOMEM;
    process->vdso = start + PAGE_SIZE;
    shown_program->clock = V2P(&clock_page);
    shown_program->vdso = start + PAGE_SIZE;
    return 0;
}
