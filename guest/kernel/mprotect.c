// mprotect, madvise and mincore: what changes about memory that stays where it is.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"

#define MADV_DONTNEED   4           // asm-generic/mman-common.h
#define MADV_REMOVE     9
#define MADV_LAST       25
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23

// Pages that become accessible for the first time are committed.
static int charge(u64 start, u64 end, u64 bits)
{
    u64 pages = 0;

    if (!bits)
        return 0;
    for (struct vma *vma = vma_above(start); vma != &vmas && vma->start < end; vma = vma->next)
        if (!(vma->flags & (VMA_CHARGED | VMA_LAZY)))
            pages += (vma->end - vma->start) / PAGE_SIZE;
    return commit(pages);
}

static long protect(u64 start, u64 length, u64 prot)
{
    u64 end = start + PAGE_UP(length), bits = prot_bits(prot), loses = 0;

    if (start & PAGE_MASK || prot & ~0x0f000007UL)
        return -EINVAL;
    if (!length)
        return 0;
    if (length > USER_TOP || start > USER_TOP - PAGE_UP(length) || !vma_covers(start, end))
        return -ENOMEM;
    for (struct vma *vma = vma_above(start); bits & PTE_W && vma != &vmas && vma->start < end; vma = vma->next)
        if (vma->flags & VMA_CONSTANT)
            return -EACCES;
    if (vma_cut(start) < 0 || vma_cut(end) < 0 || split_large_page(start) < 0 || split_large_page(end) < 0
        || charge(start, end, bits) < 0) {
        vma_merge(start, end);
        return -ENOMEM;
    }
    for (struct vma *vma = vma_above(start); vma != &vmas && vma->start < end; vma = vma->next) {
        if (vma->bits == bits)
            continue;
        loses |= (vma->bits & ~bits & (PTE_P | PTE_W)) | (bits & ~vma->bits & PTE_NX);
        if (bits && !(vma->flags & (VMA_CHARGED | VMA_LAZY)))
            vma->flags |= VMA_CHARGED;
        vma->bits = bits;
        protect_user(vma->start, vma->end, bits);
    }
    vma_merge(start, end);
    flush_user(start, end);
    if (loses)
        flush_others();             // who has gained a right finds out by a fault (trap.c)
    return 0;
}

LOCAL_SYSCALL sys_mprotect(u64 start, u64 length, u64 prot)
{
    return locked(protect(start, length, prot));
}

// The pages are given back, and read as zero when they are touched again.
static int give_back(u64 start, u64 end)
{
    if (split_large_page(start) < 0 || split_large_page(end) < 0)
        return -ENOMEM;
    for (struct vma *vma = vma_above(start); vma != &vmas && vma->start < end; vma = vma->next) {
        u64 first = vma->start > start ? vma->start : start;
        u64 freed;
        if (vma->flags & VMA_FILE)
            continue;               // their contents are nowhere else
        freed = unmap_user(first, vma->end < end ? vma->end : end, true);
        if (vma->flags & VMA_LAZY)
            uncommit(freed);
    }
    flush_user(start, end);
    return 0;
}

static int bring(u64 start, u64 end)
{
    int error = 0;

    for (struct vma *vma = vma_above(start); !error && vma != &vmas && vma->start < end; vma = vma->next)
        if (vma->bits & PTE_P)
            error = populate(vma, vma->start > start ? vma->start : start, vma->end < end ? vma->end : end);
    return error;
}

static long advise(u64 start, u64 length, u64 advice)
{
    u64 end = start + PAGE_UP(length);
    int error = 0;

    if (start & PAGE_MASK || advice > MADV_LAST || (advice > 4 && advice < 8) || advice == MADV_REMOVE)
        return -EINVAL;
    if (!length)
        return 0;
    if (PAGE_UP(length) < length || end < start)
        return -EINVAL;
    if (end > USER_TOP)
        return -ENOMEM;
    if (advice == MADV_DONTNEED)
        error = give_back(start, end);
    else if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
        error = bring(start, end);
    return error ? error : vma_covers(start, end) ? 0 : -ENOMEM;
}

LOCAL_SYSCALL sys_madvise(u64 start, u64 length, u64 advice)
{
    return locked(advise(start, length, advice));
}

// Whatever is mapped counts as resident: nothing is ever swapped, and what was never touched will be there when it is.
static long tell_resident(u64 start, u64 length, u64 vector)
{
    u8 resident;

    if (start & PAGE_MASK)
        return -EINVAL;
    if (length > USER_TOP || start > USER_TOP - length || !vma_covers(start, start + PAGE_UP(length)))
        return -ENOMEM;
    for (u64 end = start + length; start < end; start += PAGE_SIZE, vector++) {
        u64 *entry = page_table_entry(start);
        resident = entry && *entry;
        if (copy_to_user(vector, &resident, sizeof(resident)) < 0)
            return -EFAULT;
    }
    return 0;
}

LOCAL_SYSCALL sys_mincore(u64 start, u64 length, u64 vector)
{
    return locked(tell_resident(start, length, vector));
}
