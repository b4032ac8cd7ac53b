// Random mmap, munmap, mprotect, mremap and MADV_DONTNEED over an arena, each page's contents compared with a model of them.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE  4096UL
#define PAGES 2560UL        // 10 MiB
#define ARENA ((char *)0x10000000)

enum { NONE, READ, WRITE };

static unsigned char kind[PAGES];
static uint64_t value[PAGES];
static int mapped[PAGES];
static uint32_t state;

static uint32_t next(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static void pick(uint64_t *first, uint64_t *count)
{
    *first = next(PAGES);
    *count = next(4) == 0 ? next(PAGES) + 1 : next(40) + 1;
    if (next(3) == 0)
        *first &= ~511UL, *count = (*count + 511) & ~511UL;
    if (*count > PAGES - *first)
        *count = PAGES - *first;
}

static int check_all(void)
{
    for (uint64_t i = 0; i < PAGES; i++)
        if (mapped[i] && kind[i] != NONE && *(volatile uint64_t *)(ARENA + i * PAGE + 8) != value[i]) {
            printf("page %lu: %lu instead of %lu\n", i, *(uint64_t *)(ARENA + i * PAGE + 8), value[i]);
            return 0;
        }
    return 1;
}

int main(int argc, char **argv)
{
    static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
    int steps = argc > 2 ? atoi(argv[2]) : 3000;
    uint64_t first, count, counter = 0;
    long did[6] = { 0 };

    state = argc > 1 ? atoi(argv[1]) : 1;
    for (int step = 0; step < steps; step++) {
        int what = next(6), whole = 1;
        pick(&first, &count);
        char *start = ARENA + first * PAGE;
        for (uint64_t i = first; i < first + count; i++)
            whole &= mapped[i];
        did[what]++;
        switch (what) {
        case 0:
            kind[first] = 1 + next(2);
            memset(kind + first, kind[first], count);
            if (mmap(start, count * PAGE, prots[kind[first]], MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != start)
                return printf("mmap failed\n"), 1;
            for (uint64_t i = first; i < first + count; i++)
                mapped[i] = 1, value[i] = 0;
            break;
        case 1:
            if (munmap(start, count * PAGE) != 0)
                return printf("munmap failed\n"), 1;
            for (uint64_t i = first; i < first + count; i++)
                mapped[i] = 0;
            break;
        case 2: {
            int to = next(3);
            if ((mprotect(start, count * PAGE, prots[to]) == 0) != whole)
                return printf("mprotect is wrong\n"), 1;
            if (whole)
                memset(kind + first, to, count);
            else
                // How much was changed before the hole is not said.
                for (uint64_t i = first; i < first + count && mapped[i]; i++)
                    mprotect(ARENA + i * PAGE, PAGE, prots[kind[i]]);
            break;
        }
        case 3:
            if ((madvise(start, count * PAGE, MADV_DONTNEED) == 0) != whole)
                return printf("madvise is wrong\n"), 1;
            for (uint64_t i = first; i < first + count; i++)
                value[i] = 0;
            break;
        case 4:
            for (uint64_t i = first; i < first + count; i++)
                if (mapped[i] && kind[i] == WRITE)
                    *(uint64_t *)(ARENA + i * PAGE + 8) = value[i] = ++counter;
            break;
        case 5: {
            // A move to somewhere else in the arena, where the two do not overlap and the source is alike.
            uint64_t to = next(PAGES);
            if (next(2))
                to = (to & ~511UL) | (first & 511);
            for (uint64_t i = first; i < first + count; i++)
                whole &= kind[i] == kind[first];
            if (!whole || to + count > PAGES || (to < first + count && first < to + count))
                break;
            char *target = ARENA + to * PAGE;
            if (mremap(start, count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) != target) {
                // Areas that look alike may still be two, which Linux refuses to move at once; it has unmapped the target.
                munmap(target, count * PAGE);
                for (uint64_t i = 0; i < count; i++)
                    mapped[to + i] = 0;
                break;
            }
            for (uint64_t i = 0; i < count; i++) {
                mapped[to + i] = 1;
                mapped[first + i] = 0;
                kind[to + i] = kind[first + i];
                value[to + i] = value[first + i];
            }
            break;
        }
        }
        if (step % 50 == 0 && !check_all())
            return 1;
    }
    if (!check_all())
        return 1;
    printf("ok");
    for (int i = 0; i < 6; i++)
        printf(" %ld", did[i]);
    printf("\n");
    return 0;
}
