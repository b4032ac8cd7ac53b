// Small pieces of memory, in sizes that are powers of two; each size cuts up a page at a time and keeps what was freed.
// Pieces are not cleared. The lock is held (lock.h).
#include "kernel.h"
#include "memory.h"

#define SMALLEST 64                 // 64, 128, 256, 512, 1024, 2048, 4096
#define SIZES    7

struct piece {
    struct piece *next;
};

static struct {
    struct piece *freed;
    char *fresh, *fresh_end;        // the rest of the page being cut up
} sizes[SIZES];

static int size_index(size_t size)
{
    int index = 0;

    while ((size_t)SMALLEST << index < size)
        index++;
    return index;
}

void *kmalloc(size_t size)
{
    int index = size_index(size);
    u64 page;

    if (index >= SIZES)
        panic("kmalloc of %lu bytes", size);
    struct piece *piece = sizes[index].freed;
    if (piece) {
        sizes[index].freed = piece->next;
        return piece;
    }
    if (sizes[index].fresh == sizes[index].fresh_end) {
        page = kalloc_page();
        if (!page)
            return NULL;
        sizes[index].fresh = P2V(page);
        sizes[index].fresh_end = sizes[index].fresh + PAGE_SIZE;
    }
    void *fresh = sizes[index].fresh;
    sizes[index].fresh += (size_t)SMALLEST << index;
    return fresh;
}

void kfree(void *pointer, size_t size)
{
    struct piece *piece = pointer;
    int index = size_index(size);

    piece->next = sizes[index].freed;
    sizes[index].freed = piece;
}
