// How the programs of this benchmark measure themselves, so that a host's start is not counted.
#include <stdio.h>
#include <time.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// The result goes out as well, or the compiler would leave the work out.
static int report(double start, double result)
{
    printf("%.9f %g\n", now() - start, result);
    return 0;
}
