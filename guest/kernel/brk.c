// brk: the heap that grows from the end of the program's data. Small steps get their pages at once, since what malloc asks for it
// is about to use.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"

#define EAGER_BYTES (64 * PAGE_SIZE)

static u64 first, current_break;

void brk_init(u64 start)
{
    first = current_break = start;
}

static int grow(u64 from, u64 to)
{
    u64 pages = (to - from) / PAGE_SIZE;
    int error;

    if (to > MMAP_TOP || !vma_is_free(from, to) || commit(pages) < 0)
        return -ENOMEM;
    error = vma_add(from, to, BITS_ANY | PTE_W | PTE_NX, VMA_CHARGED);
    if (error)
        uncommit(pages);
    else if (to - from <= EAGER_BYTES)
        populate(vma_find(from), from, to);
    return error;
}

static long set_break(u64 address)
{
    u64 from = PAGE_UP(current_break), to = PAGE_UP(address);

    if ((to > from && grow(from, to) < 0) || (to < from && unmap_range(to, from) < 0))
        return current_break;
    current_break = address;
    return current_break;
}

// Like Linux's, answers with the break that is in force.
LOCAL_SYSCALL sys_brk(u64 address)
{
    return address < first || address > USER_TOP ? (long)current_break : locked(set_break(address));
}
