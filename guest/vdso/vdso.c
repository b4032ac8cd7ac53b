// What a program finds at AT_SYSINFO_EHDR: the time and the processor's number without a system call. It runs in ring 3, in the
// program's own address space, and knows nothing but the page before it.
#include "vdso.h"

typedef long time_t;

struct timespec {
    time_t seconds;
    long nanoseconds;
};

struct timeval {
    time_t seconds;
    long microseconds;
};

struct timezone {
    int minutes_west, dst_time;
};

#define CLOCK_REALTIME         0    // linux/time.h
#define CLOCK_MONOTONIC        1
#define CLOCK_REALTIME_COARSE  5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME         7

#define SECOND 1000000000UL

#define SYS_gettimeofday  96
#define SYS_time          201
#define SYS_clock_gettime 228
#define SYS_clock_getres  229
#define SYS_getcpu        309

#define EXPORT __attribute__((visibility("default")))

extern const struct clock_page clock_page __attribute__((visibility("hidden")));      // vdso.lds

static long system_call(long number, long first, const void *second, const void *third)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

// The counter, not before what comes before it.
static unsigned long read_counter(void)
{
    unsigned int low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (unsigned long)high << 32 | low;
}

// What a clock shows, in nanoseconds. False when the page does not say.
static int read_clock(int clock, unsigned long *time)
{
    const struct clock_page *page = &clock_page;
    unsigned int sequence;
    unsigned long passed, most, offset, now;

    do {
        sequence = page->sequence;
        __asm__ volatile("" : : : "memory");
        passed = read_counter() - page->stamp;
        most = page->most;
        now = page->base + (passed * page->multiplier >> page->shift);
        switch (clock) {
        case CLOCK_MONOTONIC:
        case CLOCK_MONOTONIC_COARSE:
            offset = 0;
            break;
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE:
            offset = page->realtime;
            break;
        case CLOCK_BOOTTIME:
            offset = page->boottime;
            break;
        default:
            return 0;
        }
        __asm__ volatile("" : : : "memory");
    } while (sequence & 1 || page->sequence != sequence);
    *time = now + offset;
    return passed < most;
}

EXPORT int __vdso_clock_gettime(int clock, struct timespec *time)
{
    unsigned long now;

    if (!read_clock(clock, &now))
        return system_call(SYS_clock_gettime, clock, time, 0);
    time->seconds = now / SECOND;
    time->nanoseconds = now % SECOND;
    return 0;
}

EXPORT int __vdso_gettimeofday(struct timeval *time, struct timezone *zone)
{
    unsigned long now;

    if (!read_clock(CLOCK_REALTIME, &now))
        return system_call(SYS_gettimeofday, (long)time, zone, 0);
    if (time) {
        time->seconds = now / SECOND;
        time->microseconds = now % SECOND / 1000;
    }
    if (zone)
        *zone = (struct timezone){ 0, 0 };
    return 0;
}

EXPORT time_t __vdso_time(time_t *time)
{
    unsigned long now;
    time_t seconds;

    if (!read_clock(CLOCK_REALTIME, &now))
        return system_call(SYS_time, (long)time, 0, 0);
    seconds = now / SECOND;
    if (time)
        *time = seconds;
    return seconds;
}

EXPORT int __vdso_clock_getres(int clock, struct timespec *resolution)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return system_call(SYS_clock_getres, clock, resolution, 0);
    if (resolution)
        *resolution = (struct timespec){ 0, 1 };
    return 0;
}

// The host knows. Where KVM runs ring 3 without virtualizing the processor, neither a segment's limit (LSL) nor IA32_TSC_AUX is the
// guest's own there, and a program cannot find out which of the two it has.
EXPORT long __vdso_getcpu(unsigned int *processor, unsigned int *node, void *unused)
{
    return system_call(SYS_getcpu, (long)processor, node, unused);
}

int clock_gettime(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_gettime"), visibility("default")));
int gettimeofday(struct timeval *, struct timezone *) __attribute__((weak, alias("__vdso_gettimeofday"), visibility("default")));
time_t time(time_t *) __attribute__((weak, alias("__vdso_time"), visibility("default")));
int clock_getres(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_getres"), visibility("default")));
long getcpu(unsigned int *, unsigned int *, void *) __attribute__((weak, alias("__vdso_getcpu"), visibility("default")));
