// mremap: what realloc of large blocks is made of. Pages move by their table entries, large ones whole.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "x86.h"

#define MREMAP_MAYMOVE 1            // linux/mman.h
#define MREMAP_FIXED   2

// An area without its pages, which are elsewhere. It may have grown together with its neighbours.
static void forget(u64 start, u64 end)
{
    if (vma_cut(start) == 0 && vma_cut(end) == 0)
        vma_remove(vma_find(start));
}

static int move(struct vma *vma, u64 old, u64 old_bytes, u64 new, u64 new_bytes)
{
    u64 bits = vma->bits, pages = (new_bytes - old_bytes) / PAGE_SIZE;
    u64 first = vma->first + (old - vma->start) / PAGE_SIZE;
    u32 flags = vma->flags;
    int error;

    if (flags & VMA_CHARGED && commit(pages) < 0)
        return -ENOMEM;
    error = vma_cut(old) < 0 || vma_cut(old + old_bytes) < 0 ? -ENOMEM : 0;
    // A large page that does not fall on a large page becomes small ones.
    if (!error && (split_large_page(old) < 0 || split_large_page(old + old_bytes) < 0))
        error = -ENOMEM;
    if (!error)
        error = vma_add_shared(new, new + new_bytes, bits, flags, vma_find(old)->file, first);
    if (!error) {
        error = move_user(old, new, old_bytes);
        if (error)
            forget(new, new + new_bytes);
        else
            forget(old, old + old_bytes);
    }
    if (error && flags & VMA_CHARGED)
        uncommit(pages);
    vma_merge(old, old + old_bytes);
    flush_tlb();
    flush_others();
    return error;
}

// Grows where it is, if there is room behind it.
static bool grow_in_place(struct vma *vma, u64 old_end, u64 new_end)
{
    u64 pages = (new_end - old_end) / PAGE_SIZE;

    if (vma->end != old_end || new_end > MMAP_TOP || !vma_is_free(old_end, new_end))
        return false;
    if (vma->flags & VMA_CHARGED && commit(pages) < 0)
        return false;
    return vma_add_shared(old_end, new_end, vma->bits, vma->flags, vma->file, vma->first + (vma->end - vma->start) / PAGE_SIZE) == 0;
}

static long remap(u64 old, u64 old_length, u64 new_length, u64 flags, u64 new)
{
    u64 old_bytes = PAGE_UP(old_length), new_bytes = PAGE_UP(new_length);
    struct vma *vma;
    long error;

    if (old & PAGE_MASK || flags & ~(u64)(MREMAP_MAYMOVE | MREMAP_FIXED) || !new_length || !old_length
        || (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)))
        return -EINVAL;
    if (old_length > USER_TOP || new_length > USER_TOP)
        return -EINVAL;
    if (flags & MREMAP_FIXED && (new & PAGE_MASK || new < USER_BOTTOM || new > USER_TOP - new_bytes
        || (new < old + old_bytes && old < new + new_bytes)))
        return -EINVAL;
    vma = old < USER_TOP ? vma_find(old) : NULL;
    if (!vma || old_bytes > vma->end - old)
        return -EFAULT;
    if (new_bytes < old_bytes) {
        error = unmap_range(old + new_bytes, old + old_bytes);
        if (error)
            return error;
        old_bytes = new_bytes;
    }
    if (flags & MREMAP_FIXED) {
        error = unmap_range(new, new + new_bytes);
        if (error)
            return error;
    } else {
        if (new_bytes == old_bytes || grow_in_place(vma, old + old_bytes, old + new_bytes))
            return old;
        if (!(flags & MREMAP_MAYMOVE))
            return -ENOMEM;
        new = vma_gap(new_bytes, mmap_top, old);
        if (!new)
            return -ENOMEM;
    }
    error = move(vma_find(old), old, old_bytes, new, new_bytes);
    return error ? error : (long)new;
}

LOCAL_SYSCALL sys_mremap(u64 old, u64 old_length, u64 new_length, u64 flags, u64 new)
{
    return locked(remap(old, old_length, new_length, flags, new));
}
