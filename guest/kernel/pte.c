// Parts of one page table at a time. Emulated instructions are dear and tables are long, so the host finds what is in them and
// fills them, but it only ever turns empty entries into full ones: where KVM shadows the tables it must see the kernel itself take
// something away, which a string instruction does at one iteration per entry.
#include "kernel.h"
#include "memory.h"

#define RUNS 64                     // 1.5 KiB of the kernel's stack

// Calls `use` for each run of pages that are contiguous in memory as well, after their entries have been emptied. Returns how
// many pages there were. Inlined, so that `use` is no call.
static inline __attribute__((always_inline)) u64 take_runs(u64 *entries, u64 count,
    void (*use)(u64 *entries, const struct word_run *run, u64 bits), u64 bits)
{
    struct word_run runs[RUNS];
    u64 found, pages = 0;

    do {
        found = hypercall_runs(entries, count, PAGE_SIZE, runs, RUNS);
        if (!found)
            break;
        u64 end = runs[found - 1].index + runs[found - 1].count;
        memset(entries + runs[0].index, 0, (end - runs[0].index) * sizeof(u64));
        for (u64 i = 0; i < found; i++) {
            use(entries + runs[i].index, &runs[i], bits);
            pages += runs[i].count;
        }
        entries += end;
        count -= end;
    } while (found == RUNS && count);
    return pages;
}

static void free_run(u64 *entries, const struct word_run *run, u64 bits)
{
    (void)entries, (void)bits;
    kfree_run(run->value & PTE_ADDR, run->count);
}

static void keep_run(u64 *entries, const struct word_run *run, u64 bits)
{
    (void)entries, (void)run, (void)bits;
}

static void change_run(u64 *entries, const struct word_run *run, u64 bits)
{
    hypercall_fill(entries, run->count, (run->value & PTE_ADDR) | bits, PAGE_SIZE);
}

// Returns how many pages were freed.
u64 free_entries(u64 *entries, u64 count)
{
    return take_runs(entries, count, free_run, 0);
}

// The pages stay somebody else's.
void clear_entries(u64 *entries, u64 count)
{
    take_runs(entries, count, keep_run, 0);
}

void change_entries(u64 *entries, u64 count, u64 bits)
{
    take_runs(entries, count, change_run, bits);
}
