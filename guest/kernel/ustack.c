// The user stack. Its top pages are the boot stack itself: the host wrote the argument and environment strings there, the
// kernel put nothing on it, and so no string is copied. Only the pointers are, below, with the auxiliary vector between them
// and the strings, as the psABI has it (System V psABI x86-64, section 3.4.1).
#include "elf.h"
#include "kernel.h"
#include "memlayout.h"
#include "mmu.h"
#include "x86.h"

#define BOOT_STACK_PAGES  ((BOOT_STACK_TOP - BOOT_STACK) / PAGE_SIZE)
#define INITIAL_PAGES     32        // mapped from the start, boot stack included: the host reads and writes buffers there
#define GROW_PAGES        32
#define TO_USER           (USER_TOP - BOOT_STACK_TOP)
#define AUX_WORDS         28
#define CPUID_1_ECX_RDRAND (1U << 30)

static int add_stack_pages(struct process *process, u64 pages)
{
    u64 physical = kalloc_pages(pages);

    if (!physical)
        return -ENOMEM;
    process->stack_bottom -= pages * PAGE_SIZE;
    return map_user(process->stack_bottom, physical, pages, PTE_W | PTE_NX);
}

// For a fault below the stack. Also grows by more than one page at a time: buffers the host is to fill must be there.
bool grow_user_stack(struct process *process, u64 address)
{
    u64 missing;

    if (address >= process->stack_bottom || address < USER_STACK_LIMIT)
        return false;
    missing = (process->stack_bottom - PAGE_DOWN(address)) / PAGE_SIZE;
    if (missing < GROW_PAGES && process->stack_bottom - USER_STACK_LIMIT >= GROW_PAGES * PAGE_SIZE)
        missing = GROW_PAGES;
    return add_stack_pages(process, missing) == 0;
}

static u64 random_word(bool has_rdrand)
{
    u64 value;

    if (has_rdrand && rdrand(&value))
        return value;
    return rdtsc() * 0x9E3779B97F4A7C15UL;      // spreads the counter's low bits: better than nothing
}

static u64 *put_aux(u64 *next, u64 type, u64 value)
{
    next[0] = type;
    next[1] = value;
    return next + 2;
}

// Copies pointers up to and with the NULL.
static const u64 *copy_pointers(u64 **to, const u64 *from)
{
    u64 *next = *to;

    while (*from)
        *next++ = *from++ + TO_USER;
    *to = next + 1;
    return from + 1;
}

int build_user_stack(struct process *process, u64 *boot_stack)
{
    bool has_rdrand = cpuid_1_ecx() & CPUID_1_ECX_RDRAND;
    u64 argc = boot_stack[0];
    u64 envc = 0;
    u64 *random, *start, *next;
    const u64 *from;

    process->stack_bottom = USER_TOP - BOOT_STACK_PAGES * PAGE_SIZE;
    if (map_user(process->stack_bottom, BOOT_STACK, BOOT_STACK_PAGES, PTE_W | PTE_NX) < 0
        || add_stack_pages(process, INITIAL_PAGES - BOOT_STACK_PAGES) < 0)
        return -ENOMEM;
    while (boot_stack[argc + 2 + envc])
        envc++;

    random = boot_stack - 2;
    // argc, argv and NULL, envp and NULL, the vector; RSP must be a multiple of 16.
    start = (u64 *)((u64)(random - (argc + envc + 3 + AUX_WORDS)) & ~15UL);
    if ((u64)start < (u64)P2V(BOOT_STACK))
        return -E2BIG;
    random[0] = random_word(has_rdrand);
    random[1] = random_word(has_rdrand);

    next = start;
    *next++ = argc;
    from = copy_pointers(&next, boot_stack + 1);
    copy_pointers(&next, from);
    next = put_aux(next, AT_PHDR, process->phdr);
    next = put_aux(next, AT_PHENT, sizeof(struct program_header));
    next = put_aux(next, AT_PHNUM, process->phnum);
    next = put_aux(next, AT_PAGESZ, PAGE_SIZE);
    next = put_aux(next, AT_ENTRY, process->entry);
    next = put_aux(next, AT_UID, 0);
    next = put_aux(next, AT_EUID, 0);
    next = put_aux(next, AT_GID, 0);
    next = put_aux(next, AT_EGID, 0);
    next = put_aux(next, AT_SECURE, 0);
    next = put_aux(next, AT_CLKTCK, 100);
    next = put_aux(next, AT_RANDOM, V2P(random) + TO_USER);
    next = put_aux(next, AT_EXECFN, boot_stack[1] + TO_USER);
    put_aux(next, AT_NULL, 0);
    process->stack_pointer = V2P(start) + TO_USER;
    return 0;
}
