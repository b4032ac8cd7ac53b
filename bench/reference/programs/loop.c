// loop COUNT: so many times five instructions on registers, and what came of them. `loop 0` is the program without the work.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, sum = 1;
    if (count > 0)
        __asm__ volatile("1: add %1, %0\n\txor %1, %0\n\trol $7, %0\n\tdec %1\n\tjnz 1b" : "+r"(sum), "+r"(count) : : "cc");
    printf("%lx\n", sum);
}
