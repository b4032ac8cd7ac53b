// Prints what the processor computes, in many ways: all of it is the same wherever it runs.
#include <complex.h>
#include <emmintrin.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double next_double(void)
{
    return ldexp((double)(int64_t)next(), (int)(next() % 120) - 120);
}

static void print_long_doubles(void)
{
    const long double values[] = { 0.0L, 1.0L / 3, -2.5L, LDBL_MAX, LDBL_MIN, LDBL_TRUE_MIN, 1e4000L, 123456789.987654321L, INFINITY, -NAN };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        printf("%Lf %.3Le %Lg %La %.40Lf\n", values[i], values[i], values[i], values[i], values[i]);
        long double root = sqrtl(fabsl(values[i]));
        printf("  %La %La %La %La\n", root, floorl(values[i]), rintl(values[i] * 3), fmodl(values[i], 0.7L));
        printf("  %Lg %Lg %Lg\n", strtold("0x1.8p-16400", NULL), strtold("3.14159265358979323846264338327950288", NULL), logbl(values[i]));
    }
}

static void print_functions(void)
{
    for (int i = 0; i < 60; i++) {
        double x = next_double(), y = next_double();
        printf("%a %a: %a %a %a %a", x, y, x + y, x * y, x / y, fma(x, y, x));
        printf(" %a %a %a %a %a", sin(x), cos(x), tan(x), atan2(x, y), exp(x / 64));
        printf(" %a %a %a %a %a", log(fabs(x)), pow(fabs(x), y / 1e3), cbrt(x), hypot(x, y), tgamma(x / 1e4));
        printf(" %a %a %a %lld %ld\n", fmod(x, y), nearbyint(x), remainder(x, y), (long long)x, lrint(y));
        printf("%La %La\n", sinl(x), cosl(x));
        // These use F2XM1 and FYL2X, whose last bit is not the same on all processors.
        printf("%.16Lg %.16Lg %.16Lg\n", expl(x / 64), logl(fabs(x)), powl(fabs(x), y / 1e3));
        printf("%a %a %a\n", (double)(float)x, (double)sqrtf(fabsf((float)x)), (double)sinf((float)x));
        double complex z = csqrt(x + y * I) * cexp(I * x);
        printf("%a %a %d\n", creal(z), cimag(z), fetestexcept(FE_ALL_EXCEPT));
        feclearexcept(FE_ALL_EXCEPT);
    }
}

static void print_rounding(void)
{
    const int modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        fesetround(modes[i]);
        volatile double x = 1, y = 3;
        volatile long double lx = -2, ly = 3;
        volatile float f = 16777217;
        printf("%d: %a %La %a %.2f %.1Lf %ld %a %a\n", fegetround(), x / y, lx / ly, (double)f, 2.675, 0.25L, lrint(x / y), rint(-2.5), strtod("0.1", NULL));
    }
    fesetround(FE_TONEAREST);
}

static sigjmp_buf back;

static void on_signal(int number)
{
    siglongjmp(back, number);
}

static void print_traps(void)
{
    signal(SIGFPE, on_signal);
    volatile double zero = 0;
    volatile long double long_zero = 0;
    volatile int integer_zero = 0;
    for (int i = 0; i < 3; i++) {
        int number = sigsetjmp(back, 1);
        if (number != 0) {
            printf("trap %d: signal %d\n", i, number);
            continue;
        }
        feenableexcept(FE_DIVBYZERO);
        if (i == 0) {
            zero = 1 / zero;
        } else if (i == 1) {
            long_zero = 1 / long_zero;
            long_zero += 1;
        } else {
            integer_zero = 7 / integer_zero;
        }
        printf("no trap %d\n", i);
    }
    fedisableexcept(FE_ALL_EXCEPT);
}

static void print_vectors(void)
{
    uint64_t bytes[64];
    for (int i = 0; i < 64; i++) {
        bytes[i] = next();
    }
    __m128i sum = _mm_setzero_si128();
    __m128d product = _mm_set1_pd(1);
    for (int i = 0; i < 64; i += 2) {
        __m128i word = _mm_loadu_si128((const __m128i *)&bytes[i]);
        sum = _mm_add_epi16(sum, _mm_mullo_epi16(word, _mm_shufflelo_epi16(word, 0x1B)));
        sum = _mm_xor_si128(sum, _mm_packus_epi16(_mm_srai_epi16(word, 3), _mm_unpacklo_epi8(word, sum)));
        product = _mm_mul_pd(product, _mm_add_pd(_mm_cvtepi32_pd(_mm_srli_epi32(word, 30)), _mm_set1_pd(0.5)));
    }
    uint64_t words[2];
    double doubles[2];
    _mm_storeu_si128((__m128i *)words, sum);
    _mm_storeu_pd(doubles, product);
    printf("%016" PRIx64 " %016" PRIx64 " %a %a %d\n", words[0], words[1], doubles[0], doubles[1], _mm_movemask_epi8(sum));
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_library(void)
{
    enum { COUNT = 2000 };
    double *values = malloc(COUNT * sizeof *values);
    char *text = malloc(65536), *end = text;
    for (int i = 0; i < COUNT; i++) {
        values[i] = next_double();
    }
    qsort(values, COUNT, sizeof *values, compare);
    for (int i = 0; i < COUNT; i += 97) {
        end += sprintf(end, "%.17g %g %.6f|", values[i], values[i], values[i]);
    }
    printf("%zu %zu %s\n", strlen(text), strspn(text, "-0123456789."), strrchr(text, ' '));
    for (char *at = text; (at = strpbrk(at, " |")) != NULL; at++) {
        printf("%g,", strtod(at + 1, NULL));
    }
    unsigned __int128 wide = (unsigned __int128)next() * next();
    printf("\n%016" PRIx64 " %016" PRIx64 " %d %d\n", (uint64_t)(wide / 1000003), (uint64_t)(wide % 1000003), __builtin_popcountll(next()), memcmp(values, values + 1, 8) > 0);
    struct tm tm;
    time_t time = 1234567890;
    char date[64];
    strftime(date, sizeof date, "%A %c", gmtime_r(&time, &tm));
    puts(date);
    free(text);
    free(values);
}

int main(void)
{
    print_long_doubles();
    print_functions();
    print_rounding();
    print_traps();
    print_vectors();
    print_library();
    return 42;
}
