// mlock, mlockall and msync: what the former ask for is so already, because nothing is ever swapped, so they only say whether they could
// be asked. What is mapped shared msync has the host bring into the file.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"

#define MLOCK_ONFAULT 1             // linux/mman.h
#define MCL_CURRENT   1
#define MCL_FUTURE    2
#define MCL_ONFAULT   4
#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

static long check_pages(u64 start, u64 length, bool is_used)
{
    u64 first = PAGE_DOWN(start), end = PAGE_UP(start + length);

    if (end < first)
        return -EINVAL;
    if (end == first)
        return 0;
    if (end > USER_TOP || !vma_covers(first, end))
        return -ENOMEM;
    // What the program may not touch cannot be brought, either.
    for (struct vma *vma = vma_above(first); is_used && vma != &vmas && vma->start < end; vma = vma->next)
        if (!(vma->bits & PTE_P))
            return -ENOMEM;
    return 0;
}

// Like Linux's, of the pages in which the range begins and ends.
static long check_range(u64 start, u64 length, bool is_used)
{
    return locked(check_pages(start, length, is_used));
}

LOCAL_SYSCALL sys_mlock(u64 start, u64 length)
{
    return check_range(start, length, true);
}

LOCAL_SYSCALL sys_mlock2(u64 start, u64 length, u32 flags)
{
    return flags & ~MLOCK_ONFAULT ? -EINVAL : check_range(start, length, !flags);
}

LOCAL_SYSCALL sys_munlock(u64 start, u64 length)
{
    return check_range(start, length, false);
}

LOCAL_SYSCALL sys_mlockall(u32 flags)
{
    return !flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT ? -EINVAL : 0;
}

static long sync_pages(u64 start, u64 end, bool lasts)
{
    long error = check_pages(start, end - start, false);

    for (struct vma *vma = vma_above(start); !error && vma != &vmas && vma->start < end; vma = vma->next) {
        u64 first = vma->start > start ? vma->start : start, last = vma->end < end ? vma->end : end;
        if (vma->file && !(vma->flags & VMA_CONSTANT))
            error = shared_sync(vma->file, vma->first + (first - vma->start) / PAGE_SIZE, (last - first) / PAGE_SIZE, lasts);
    }
    return error;
}

LOCAL_SYSCALL sys_msync(u64 start, u64 length, u32 flags)
{
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start & PAGE_MASK || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    if (PAGE_UP(length) < length || start + PAGE_UP(length) < start)
        return -ENOMEM;
    return locked(sync_pages(start, start + PAGE_UP(length), flags & MS_SYNC));
}
