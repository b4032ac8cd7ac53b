// printf and scanf of numbers, and libm: what floating point must look like.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    double values[] = { 0.0, -0.0, 1.0 / 3, 1e300 * 1e10, -1e-310, 123456789.125, DBL_MAX, DBL_MIN, M_PI };

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        printf("%f %e %g %a %.17g\n", values[i], values[i], values[i], values[i], values[i]);
    for (int i = 1; i <= 10; i++)
        printf("%.15g %.15g %.15g %.15g %.15g\n", sqrt(i), sin(i), exp(i), log(i), pow(i, 1.5));
    printf("%Lf %d %u %lx %s %c %5d|%-5d|%05d\n", 1.0L / 7, -5, 5u, 0xabcdefL, "text", 'c', 42, 42, 42);
    printf("%.10f %ld %lu\n", strtod("2.718281828459045", NULL), strtol("-123", NULL, 10), strtoul("ff", NULL, 16));
    return 0;
}
