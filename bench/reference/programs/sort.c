// sort COUNT: sorts so many numbers that a generator makes, by the C library's qsort, and tells a digest of their order.
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned *numbers = calloc(count + 1, sizeof *numbers), value = 1;
    if (numbers == NULL)
        return 1;
    for (size_t i = 0; i < count; i++)
        numbers[i] = value = value * 1664525 + 1013904223;
    qsort(numbers, count, sizeof *numbers, compare);
    unsigned long digest = 0;
    for (size_t i = 0; i < count; i++)
        digest = digest * 31 + numbers[i];
    printf("%lx\n", digest);
    free(numbers);
}
