// The guest kernel's areas against a model of one byte a page: random steps, and after each of them the same answers, a list in
// order, and a tree in order, whose gaps are right and which is low.
#include "kernel.h"
#include "memory.h"

int printf(const char *format, ...);
void *malloc(size_t size);
void free(void *pointer);
void exit(int status) __attribute__((noreturn));
int atoi(const char *text);

void *kmalloc(size_t size)
{
    return malloc(size);
}

void kfree(void *pointer, size_t size)
{
    free(pointer);
}

// Which areas have a file is no matter here.
void shared_retain(struct shared_file *file)
{
    file->areas++;
}

void shared_release(struct shared_file *file)
{
    file->areas--;
}

#include "vma.c"

#define PAGES  4096
#define BASE   0x100000000UL
#define STEPS  20000

static u8 model[PAGES];             // 0 for none, else bits and flags
static u64 state;
static int step;

static u64 pick(u64 below)
{
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    return (state >> 33) % below;
}

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    printf("step %d: %s\n", step, what);
    exit(1);
}

static u64 at(u64 page)
{
    return BASE + page * PAGE_SIZE;
}

static u8 kind_of(const struct vma *vma)
{
    return vma->bits + vma->flags * 4;
}

static u64 height, nodes;

static u64 check_tree(struct vma *vma, struct vma *parent, u64 depth)
{
    u64 widest;

    if (!vma)
        return 0;
    nodes++;
    if (depth > height)
        height = depth;
    check(vma->parent == parent, "parent");
    check(parent == &vmas || vma->priority <= parent->priority, "priority");
    check(!vma->left || vma->left->end <= vma->start, "left");
    check(!vma->right || vma->right->start >= vma->end, "right");
    u64 left = check_tree(vma->left, vma, depth + 1), right = check_tree(vma->right, vma, depth + 1);
    widest = gap_below(vma);
    widest = left > widest ? left : widest;
    widest = right > widest ? right : widest;
    check(vma->widest == widest, "widest");
    return widest;
}

static void check_all(void)
{
    u64 page = 0, areas = 0;

    for (struct vma *vma = vmas.next; vma != &vmas; vma = vma->next, areas++) {
        check(vma->next->previous == vma && vma->previous->next == vma, "list");
        check(vma->start < vma->end && (vma->previous == &vmas || vma->previous->end <= vma->start), "order");
        for (; at(page) < vma->start; page++)
            check(!model[page], "an area is missing");
        for (; at(page) < vma->end; page++)
            check(model[page] == kind_of(vma), "an area is wrong");
    }
    for (; page < PAGES; page++)
        check(!model[page], "an area is missing at the end");
    height = nodes = 0;
    check(!vmas.right, "root");
    check_tree(vmas.left, &vmas, 1);
    check(nodes == areas && areas == count, "count");
}

static bool is_free(u64 first, u64 end)
{
    for (; first < end; first++)
        if (model[first])
            return false;
    return true;
}

static void fill(u64 first, u64 end, u8 kind)
{
    for (; first < end; first++)
        model[first] = kind;
}

// The highest free place below a limit, found the long way.
static u64 gap(u64 pages, u64 limit)
{
    u64 free_pages = 0;

    for (u64 page = limit; page-- > 0;) {
        free_pages = model[page] ? 0 : free_pages + 1;
        if (free_pages == pages)
            return at(page);
    }
    return at(free_pages) - pages * PAGE_SIZE;      // below all areas there is always room
}

static void unmap(u64 first, u64 end)
{
    struct vma *next;

    check(vma_cut(at(first)) == 0 && vma_cut(at(end)) == 0, "cut");
    for (struct vma *vma = vma_above(at(first)); vma != &vmas && vma->start < at(end); vma = next) {
        next = vma->next;
        vma_remove(vma);
    }
    fill(first, end, 0);
}

static void do_step(void)
{
    u64 first = pick(PAGES), end = first + 1 + pick(pick(4) ? 8 : 300), limit = 1 + pick(PAGES), pages = 1 + pick(pick(3) ? 6 : 200);
    u64 bits = 1 + pick(2), flags = pick(2);

    if (end > PAGES)
        end = PAGES;
    switch (pick(6)) {
    case 0:
    case 1:
        if (is_free(first, end)) {
            check(vma_add(at(first), at(end), bits, flags) == 0, "add");
            fill(first, end, bits + flags * 4);
        }
        break;
    case 2:
        unmap(first, end);
        break;
    case 3:
        // As mprotect does.
        check(vma_cut(at(first)) == 0 && vma_cut(at(end)) == 0, "cut");
        for (struct vma *vma = vma_above(at(first)); vma != &vmas && vma->start < at(end); vma = vma->next)
            vma->bits = bits;
        vma_merge(at(first), at(end));
        for (u64 page = first; page < end; page++)
            if (model[page])
                model[page] = bits + (model[page] / 4) * 4;
        break;
    case 4:
        check(vma_gap(pages * PAGE_SIZE, at(limit), 0) == gap(pages, limit), "gap");
        break;
    default:
        check(vma_is_free(at(first), at(end)) == is_free(first, end), "is_free");
        struct vma *found = vma_find(at(first));
        check(found ? found->start <= at(first) && at(first) < found->end : !model[first], "find");
        bool covered = true;
        for (u64 page = first; page < end; page++)
            covered = covered && model[page];
        check(vma_covers(at(first), at(end)) == covered, "covers");
    }
}

int main(int argc, char **argv)
{
    state = atoi(argv[1]);
    for (step = 0; step < STEPS; step++) {
        do_step();
        check_all();
    }
    unmap(0, PAGES);
    check_all();
    // Areas that came in order, and as many as a program may have.
    for (u64 page = 0; page < 60000; page++)
        check(vma_add(at(2 * page), at(2 * page + 1), 1, 0) == 0, "many");
    height = nodes = 0;
    check_tree(vmas.left, &vmas, 1);
    check(nodes == 60000 && height <= 64, "height");
    check(vma_gap(2 * PAGE_SIZE, at(2 * 60000), 0) == at(0) - 2 * PAGE_SIZE, "gap below many");
    printf("ok\n");
    return 0;
}
