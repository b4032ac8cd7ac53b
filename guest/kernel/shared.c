// Files that are mapped shared. There is one page of memory for a page of such a file, whoever maps it, by whatever descriptor: the
// host knows which, fills them from the file, and brings what the program changed in them into the file (hypercall.h). They stay
// until no area has anything of the file any more.
#include "kernel.h"
#include "memory.h"

#define RUNS 64                     // 1 KiB of the kernel's stack

static struct shared_file *files;

// A file that is opened so that it can be mapped, or null; then *error says why.
struct shared_file *shared_open(u64 fd, bool *is_writable, long *error)
{
    long id = hypercall_share(fd);
    struct shared_file *file = files;

    if (id < 0) {
        *error = id;
        return NULL;
    }
    *is_writable = id & 1;
    id >>= 1;
    while (file && file->id != (u64)id)
        file = file->next;
    if (file)
        return file;
    file = kmalloc(sizeof(*file));
    if (!file) {
        hypercall_unshare(id, NULL, 0);
        *error = -ENOMEM;
        return NULL;
    }
    *file = (struct shared_file){ .id = id, .next = files };
    files = file;
    return file;
}

void shared_retain(struct shared_file *file)
{
    file->areas++;
}

// Whoever had the last area of it gives its pages back. Nobody else may know them any more.
void shared_release(struct shared_file *file)
{
    struct transfer runs[RUNS];
    struct shared_file **link = &files;
    long count;

    if (file->areas && --file->areas)
        return;
    do {
        count = hypercall_unshare(file->id, runs, RUNS);
        for (long i = 0; i < count; i++)
            kfree_run(runs[i].physical, runs[i].bytes / PAGE_SIZE);
    } while (count == RUNS);
    uncommit(file->pages);
    while (*link != file)
        link = &(*link)->next;
    *link = file->next;
    kfree(file, sizeof(*file));
}

// Fills the entries that are 0 of a part of a page table. What is behind the file's end stays 0. A page that the file does not have
// in memory yet takes one from a run of fresh ones.
int shared_fill(struct shared_file *file, u64 first, u64 *entries, u64 count, u64 bits)
{
    u64 pages = count, physical;
    long used;

    if (commit(pages) < 0) {
        pages = 1;
        if (commit(pages) < 0)
            return -ENOMEM;
    }
    count = pages;
    physical = kalloc_run(&pages);
    used = physical ? hypercall_share_fill(file->id, first, pages, entries, physical, bits) : -ENOMEM;
    uncommit(count - (used > 0 ? used : 0));
    if (!physical)
        return -ENOMEM;
    if (used < 0)
        used = 0;
    file->pages += used;
    if ((u64)used < pages)
        kalloc_return(physical + used * PAGE_SIZE, pages - used);
    return 0;
}

// Brings what was changed in some pages into the file.
long shared_sync(const struct shared_file *file, u64 first, u64 count, bool lasts)
{
    return hypercall_share_sync(file->id, first, count, lasts);
}
