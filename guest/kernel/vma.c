// What the program may use where: a list of areas in the order of their addresses. Programs have a dozen or so, and the one that
// was found last is nearly always the next one wanted.
#include "kernel.h"
#include "memory.h"

#define MAX_VMAS 65530              // as vm.max_map_count

// Ends below everything and starts above everything, so the list needs no special cases.
struct vma vmas = { &vmas, &vmas, USER_TOP, USER_BOTTOM, 0, 0 };
static struct vma *last = &vmas;
static u64 count;

struct vma *vma_above(u64 address)
{
    struct vma *vma = last;

    // Either direction from the last one.
    if (vma == &vmas || vma->end > address) {
        if (vma == &vmas)
            vma = vmas.previous;
        while (vma != &vmas && vma->end > address)
            vma = vma->previous;
    }
    do
        vma = vma->next;
    while (vma != &vmas && vma->end <= address);
    if (vma != &vmas)
        last = vma;
    return vma;
}

struct vma *vma_find(u64 address)
{
    struct vma *vma = last;

    if (vma != &vmas && address >= vma->start && address < vma->end)
        return vma;
    vma = vma_above(address);
    return vma != &vmas && vma->start <= address ? vma : NULL;
}

static bool alike(const struct vma *a, const struct vma *b)
{
    return a != &vmas && b != &vmas && a->end == b->start && a->bits == b->bits && a->flags == b->flags;
}

void vma_remove(struct vma *vma)
{
    vma->previous->next = vma->next;
    vma->next->previous = vma->previous;
    if (last == vma)
        last = &vmas;
    count--;
    kfree(vma, sizeof(*vma));
}

static struct vma *insert(struct vma *before, u64 start, u64 end, u64 bits, u32 flags)
{
    struct vma *vma = count < MAX_VMAS ? kmalloc(sizeof(*vma)) : NULL;

    if (!vma)
        return NULL;
    *vma = (struct vma){ before, before->previous, start, end, bits, flags };
    before->previous->next = vma;
    before->previous = vma;
    count++;
    return vma;
}

// Where nothing is.
int vma_add(u64 start, u64 end, u64 bits, u32 flags)
{
    struct vma *next = vma_above(start), *previous = next->previous;
    struct vma area = { NULL, NULL, start, end, bits, flags };

    if (alike(previous, &area)) {
        previous->end = end;
        if (alike(previous, next)) {
            previous->end = next->end;
            vma_remove(next);
        }
        last = previous;
        return 0;
    }
    if (alike(&area, next)) {
        next->start = start;
        return 0;
    }
    next = insert(next, start, end, bits, flags);
    if (!next)
        return -ENOMEM;
    last = next;
    return 0;
}

int vma_cut(u64 address)
{
    struct vma *vma = vma_find(address);

    if (!vma || vma->start == address)
        return 0;
    if (!insert(vma, vma->start, address, vma->bits, vma->flags))
        return -ENOMEM;
    vma->start = address;
    return 0;
}

// Joins what became alike inside a range and at its ends.
void vma_merge(u64 start, u64 end)
{
    struct vma *vma = vma_above(start)->previous;

    while (vma->next != &vmas && vma->next->start <= end) {
        if (alike(vma, vma->next)) {
            vma->end = vma->next->end;
            vma_remove(vma->next);
        } else {
            vma = vma->next;
        }
    }
}

bool vma_is_free(u64 start, u64 end)
{
    struct vma *vma = vma_above(start);

    return vma == &vmas || vma->start >= end;
}

// The highest free place for so many bytes below the limit, or 0. Large ones start where a large page may, or, with `like`, as
// far from there as that address does.
u64 vma_gap(u64 bytes, u64 limit, u64 like)
{
    u64 mask = bytes >= LARGE_PAGE ? LARGE_MASK : PAGE_MASK;
    struct vma *vma = vmas.previous;

    for (;; vma = vma->previous) {
        u64 bottom = vma->end;      // of the head: USER_BOTTOM
        if (limit >= bottom + bytes) {
            u64 start = limit - bytes;
            start -= (start - like) & mask;
            if (start >= bottom && start < limit)
                return start;
        }
        if (vma == &vmas)
            return 0;
        if (vma->start < limit)
            limit = vma->start;
    }
}
