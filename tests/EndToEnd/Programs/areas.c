// Many areas of memory: made by mprotect, joined again, cut by munmap, filled by mmap. With a number: so many of them.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096UL

static long failures;

static void expect(int ok)
{
    failures += !ok;
}

int main(int argc, char **argv)
{
    size_t areas = argc > 1 ? atoi(argv[1]) : 500, bytes = 2 * areas * PAGE;
    char *memory = mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t sum = 0;

    for (size_t i = 0; i < areas; i++)
        memory[2 * i * PAGE] = i;
    // From both ends and from the middle, so that no order is the one they come in.
    for (size_t i = 0; i < areas; i++) {
        size_t area = i % 3 == 0 ? i : i % 3 == 1 ? areas - i : (i + areas / 2) % areas;
        expect(mprotect(memory + 2 * area * PAGE, PAGE, PROT_READ) == 0);
    }
    for (size_t i = 0; i < areas; i++)
        sum += memory[2 * i * PAGE];
    printf("%zu\n", sum);
    for (size_t i = 0; i < areas; i++)
        expect(munmap(memory + (2 * i + 1) * PAGE, PAGE) == 0);
    for (size_t i = 0; i < areas; i++) {
        char *page = mmap(memory + (2 * i + 1) * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(page == memory + (2 * i + 1) * PAGE);
        // Where there is room for it.
        page = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(page != MAP_FAILED && munmap(page, 3 * PAGE) == 0);
    }
    expect(mprotect(memory, bytes, PROT_READ | PROT_WRITE) == 0);
    sum = 0;
    for (size_t i = 0; i < 2 * areas; i++)
        sum += memory[i * PAGE];
    printf("%zu\n%ld failures\n", sum, failures);
    return failures != 0;
}
