// qsort, bsearch and setjmp.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf out;
static int calls;

static int compare(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    calls++;
    return x < y ? -1 : x > y;
}

static void deep(int depth)
{
    volatile char padding[256];

    padding[0] = depth;
    if (depth > 0)
        deep(depth - 1);
    if (padding[0] == 0)
        longjmp(out, 42);
    printf("never\n");
}

int main(void)
{
    enum { COUNT = 200000 };
    unsigned *numbers = malloc(COUNT * sizeof(*numbers)), state = 1;

    for (int i = 0; i < COUNT; i++)
        numbers[i] = state = state * 1103515245 + 12345;
    qsort(numbers, COUNT, sizeof(*numbers), compare);
    for (int i = 1; i < COUNT; i++)
        if (numbers[i - 1] > numbers[i])
            return 1;
    printf("%u %u %u\n", numbers[0], numbers[COUNT / 2], numbers[COUNT - 1]);
    printf("found %d\n", bsearch(&numbers[777], numbers, COUNT, sizeof(*numbers), compare) != NULL);
    int value = setjmp(out);
    if (value == 0)
        deep(1000);
    printf("longjmp %d\n", value);
    return 0;
}
