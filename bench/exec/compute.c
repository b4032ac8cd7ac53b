// Computes without system calls: what a guest's user mode costs. Prints its own time in seconds.
#include "timing.h"

int main(void)
{
    double start = now();
    double sum = 0;
    unsigned long mixed = 88172645463325252UL;

    for (long i = 1; i < 400000000; i++) {
        mixed ^= mixed << 13;
        mixed ^= mixed >> 7;
        mixed ^= mixed << 17;
        sum += 1.0 / (double)(mixed | 1);
    }
    return report(start, sum);
}
