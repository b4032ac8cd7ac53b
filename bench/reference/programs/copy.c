// copy COUNT: copies 1 MiB so many times, by the C library's memcpy, and a byte that went all the way.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES (1 << 20)

static unsigned char from[BYTES], to[BYTES];

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, sum = 0;
    for (unsigned long i = 0; i < count; i++) {
        from[i % BYTES] = (unsigned char)i;
        memcpy(to, from, BYTES);
        sum += to[i % BYTES];
        __asm__ volatile("" : : "r"(to) : "memory");
    }
    printf("%lu\n", sum);
}
