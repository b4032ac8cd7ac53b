// malloc, calloc, realloc and free in the patterns programs have: many small blocks, tens of MiB, growth, reuse.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 12345;

static uint32_t next(void)
{
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static void many_small(void)
{
    enum { COUNT = 20000 };
    static unsigned char *blocks[COUNT];
    static unsigned sizes[COUNT];
    uint64_t sum = 0;

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            if (blocks[i] && next() % 3 == 0) {
                for (unsigned j = 0; j < sizes[i]; j++)
                    if (blocks[i][j] != (unsigned char)i)
                        printf("block %d is wrong\n", i);
                free(blocks[i]);
                blocks[i] = NULL;
            }
            if (!blocks[i]) {
                sizes[i] = next() % 700 + 1;
                blocks[i] = malloc(sizes[i]);
                memset(blocks[i], i, sizes[i]);
            }
            sum += sizes[i];
        }
    }
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    printf("many small: %llu\n", (unsigned long long)sum);
}

static void large(void)
{
    size_t size = 24 << 20;
    unsigned char *block = malloc(size);
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i += 509)
        block[i] = i;
    for (size_t i = 0; i < size; i += 509)
        sum += block[i];
    free(block);
    printf("large: %llu\n", (unsigned long long)sum);
    for (int i = 0; i < 20; i++) {
        // Calloc must be zero although the memory was used before.
        unsigned char *zero = calloc(1, 3 << 20);
        size_t dirty = 0;
        for (size_t j = 0; j < 3 << 20; j += 64)
            dirty += zero[j] != 0;
        memset(zero, 0xff, 3 << 20);
        free(zero);
        if (dirty)
            printf("calloc %d: %zu bytes are not zero\n", i, dirty);
    }
}

static void growth(void)
{
    unsigned *numbers = NULL;
    size_t capacity = 0, count = 0;
    uint64_t sum = 0;

    for (; count < 3000000; count++) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            numbers = realloc(numbers, capacity * sizeof(*numbers));
        }
        numbers[count] = count;
    }
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    numbers = realloc(numbers, 100 * sizeof(*numbers));
    printf("growth: %llu, last %u\n", (unsigned long long)sum, numbers[99]);
    free(numbers);
}

int main(void)
{
    many_small();
    large();
    growth();
    many_small();
    return 0;
}
