// What the program may use where: areas in the order of their addresses, in a list and in a tree. The list is for those who go
// through a range, and for the host, which reads it from a program that was killed (ProgramStateReader.cs); the tree finds an area
// and a gap in as many steps as it is high, however many areas there are. The one that was found last is nearly always the next one
// wanted.
//
// The tree is a treap: ordered by address, and by a random priority from the top down, which keeps it as low as a tree whose areas
// came in random order. Of each area it knows the widest gap that is right below it or below one of its descendants.
#include "kernel.h"
#include "memory.h"

#define MAX_VMAS 65530              // as vm.max_map_count

// Ends below everything and starts above everything, so the list needs no special cases. In the tree it is above all, and all
// are to its left.
struct vma vmas = { .next = &vmas, .previous = &vmas, .start = USER_TOP, .end = USER_BOTTOM };
static struct vma *last = &vmas;
static u64 count;

static u64 gap_below(const struct vma *vma)
{
    return vma->start - vma->previous->end;
}

static u64 widest_of(const struct vma *vma)
{
    u64 widest = gap_below(vma);

    if (vma->left && vma->left->widest > widest)
        widest = vma->left->widest;
    if (vma->right && vma->right->widest > widest)
        widest = vma->right->widest;
    return widest;
}

// After the gap below an area has changed, or what hangs below it in the tree.
static void update(struct vma *vma)
{
    for (; vma != &vmas; vma = vma->parent) {
        u64 widest = widest_of(vma);
        if (vma->widest == widest)
            break;
        vma->widest = widest;
    }
}

static void replace_child(struct vma *parent, const struct vma *child, struct vma *new)
{
    if (parent->left == child)
        parent->left = new;
    else
        parent->right = new;
    if (new)
        new->parent = parent;
}

// An area changes places with its parent. What hangs below the two is the same after it, so nothing above changes.
static void rotate_up(struct vma *vma)
{
    struct vma *parent = vma->parent, *middle;

    replace_child(parent->parent, parent, vma);
    if (parent->left == vma) {
        middle = vma->right;
        vma->right = parent;
        parent->left = middle;
    } else {
        middle = vma->left;
        vma->left = parent;
        parent->right = middle;
    }
    if (middle)
        middle->parent = parent;
    parent->parent = vma;
    vma->widest = parent->widest;
    parent->widest = widest_of(parent);
}

static u32 random_priority(void)
{
    static u32 state = 2463534242;  // G. Marsaglia, Xorshift RNGs (2003)

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

// Of what is in the list already. The place right before an area is free below it or below the one before.
static void tree_insert(struct vma *vma)
{
    struct vma *next = vma->next;

    update(next);
    vma->left = vma->right = NULL;
    vma->priority = random_priority();
    vma->widest = gap_below(vma);
    if (next->left) {
        vma->parent = vma->previous;
        vma->parent->right = vma;
    } else {
        vma->parent = next;
        next->left = vma;
    }
    update(vma->parent);
    while (vma->parent != &vmas && vma->priority > vma->parent->priority)
        rotate_up(vma);
}

// Of what is no longer in the list.
static void tree_remove(struct vma *vma)
{
    while (vma->left && vma->right)
        rotate_up(vma->left->priority > vma->right->priority ? vma->left : vma->right);
    replace_child(vma->parent, vma, vma->left ? vma->left : vma->right);
    update(vma->parent);
    update(vma->next);
}

struct vma *vma_above(u64 address)
{
    struct vma *vma = last, *above = &vmas;

    if (vma != &vmas && vma->end > address && (vma->previous == &vmas || vma->previous->end <= address))
        return vma;
    vma = vmas.left;
    while (vma) {
        if (vma->end > address) {
            above = vma;
            vma = vma->left;
        } else {
            vma = vma->right;
        }
    }
    if (above != &vmas)
        last = above;
    return above;
}

struct vma *vma_find(u64 address)
{
    struct vma *vma = last;

    if (vma != &vmas && address >= vma->start && address < vma->end)
        return vma;
    vma = vma_above(address);
    return vma != &vmas && vma->start <= address ? vma : NULL;
}

static bool is_like(const struct vma *vma, u64 bits, u32 flags, const struct shared_file *file)
{
    return vma != &vmas && vma->bits == bits && vma->flags == flags && vma->file == file;
}

// Whether the second of two pieces of a file follows the first; of no file all do.
static bool follows(const struct shared_file *file, u64 first, u64 bytes, u64 next)
{
    return !file || first + bytes / PAGE_SIZE == next;
}

static bool alike(const struct vma *a, const struct vma *b)
{
    return a != &vmas && a->end == b->start && is_like(b, a->bits, a->flags, a->file) && follows(a->file, a->first, a->end - a->start, b->first);
}

void vma_remove(struct vma *vma)
{
    vma->previous->next = vma->next;
    vma->next->previous = vma->previous;
    tree_remove(vma);
    if (last == vma)
        last = &vmas;
    count--;
    if (vma->file)
        shared_release(vma->file);
    kfree(vma, sizeof(*vma));
}

// Of two neighbours that are alike, the first grows over the second.
static void join(struct vma *vma, struct vma *next)
{
    u64 end = next->end;

    vma_remove(next);
    vma->end = end;
    update(vma->next);
}

static struct vma *insert(struct vma *before, u64 start, u64 end, u64 bits, u32 flags, struct shared_file *file, u64 first)
{
    struct vma *vma = count < MAX_VMAS ? kmalloc(sizeof(*vma)) : NULL;

    if (!vma)
        return NULL;
    vma->next = before;
    vma->previous = before->previous;
    vma->start = start;
    vma->end = end;
    vma->bits = bits;
    vma->flags = flags;
    vma->file = file;
    vma->first = first;
    if (file)
        shared_retain(file);
    before->previous->next = vma;
    before->previous = vma;
    tree_insert(vma);
    count++;
    return vma;
}

// Where nothing is.
int vma_add(u64 start, u64 end, u64 bits, u32 flags)
{
    return vma_add_shared(start, end, bits, flags, NULL, 0);
}

int vma_add_shared(u64 start, u64 end, u64 bits, u32 flags, struct shared_file *file, u64 first)
{
    struct vma *next = vma_above(start), *previous = next->previous;

    if (previous->end == start && is_like(previous, bits, flags, file) && follows(file, previous->first, start - previous->start, first)) {
        previous->end = end;
        update(next);
        if (alike(previous, next))
            join(previous, next);
        last = previous;
        return 0;
    }
    if (next->start == end && is_like(next, bits, flags, file) && follows(file, first, end - start, next->first)) {
        next->start = start;
        next->first = first;
        update(next);
        return 0;
    }
    next = insert(next, start, end, bits, flags, file, first);
    if (!next)
        return -ENOMEM;
    last = next;
    return 0;
}

int vma_cut(u64 address)
{
    struct vma *vma = vma_find(address);
    u64 start;

    if (!vma || vma->start == address)
        return 0;
    start = vma->start;
    vma->start = address;
    if (insert(vma, start, address, vma->bits, vma->flags, vma->file, vma->first)) {
        vma->first += (address - start) / PAGE_SIZE;
        return 0;
    }
    vma->start = start;
    return -ENOMEM;
}

// Joins what became alike inside a range and at its ends.
void vma_merge(u64 start, u64 end)
{
    struct vma *vma = vma_above(start)->previous;

    while (vma->next != &vmas && vma->next->start <= end) {
        if (alike(vma, vma->next)) {
            join(vma, vma->next);
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

// Whether areas cover all of a range.
bool vma_covers(u64 start, u64 end)
{
    for (struct vma *vma = vma_above(start); start < end; vma = vma->next) {
        if (vma == &vmas || vma->start > start)
            return false;
        start = vma->end;
    }
    return true;
}

// The nearest area below another one that has so wide a gap below it, or null.
static struct vma *wide_below(struct vma *vma, u64 bytes)
{
    while (!vma->left || vma->left->widest < bytes) {
        while (vma != &vmas && vma->parent->left == vma)
            vma = vma->parent;
        if (vma == &vmas)
            return NULL;
        vma = vma->parent;
        if (gap_below(vma) >= bytes)
            return vma;
    }
    vma = vma->left;
    for (;;) {
        if (vma->right && vma->right->widest >= bytes)
            vma = vma->right;
        else if (gap_below(vma) >= bytes)
            return vma;
        else
            vma = vma->left;
    }
}

// The highest free place for so many bytes below the limit, or 0. Large ones start where a large page may, or, with `like`, as
// far from there as that address does.
u64 vma_gap(u64 bytes, u64 limit, u64 like)
{
    u64 mask = bytes >= LARGE_PAGE ? LARGE_MASK : PAGE_MASK;
    struct vma *vma = vma_above(limit);

    if (vma->start < limit)
        limit = vma->start;
    for (; vma; limit = vma->start) {
        u64 bottom = vma->previous->end;        // of the head: USER_BOTTOM
        if (limit >= bottom + bytes) {
            u64 start = limit - bytes;
            start -= (start - like) & mask;
            if (start >= bottom && start < limit)
                return start;
        }
        vma = wide_below(vma, bytes);
        if (!vma)
            break;
    }
    return 0;
}
