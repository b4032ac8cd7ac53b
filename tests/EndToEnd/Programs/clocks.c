// What clocks show by the vDSO and by the system call: neither is ever behind the other, also across threads.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <link.h>

static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };

static long long nanoseconds(struct timespec time)
{
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long by_libc(int clock)
{
    struct timespec time;

    return clock_gettime(clock, &time) ? -1 : nanoseconds(time);
}

static long long by_call(int clock)
{
    struct timespec time;

    return syscall(SYS_clock_gettime, clock, &time) ? -1 : nanoseconds(time);
}

// The names of what the vDSO exports, by its hash table as C libraries read it.
static int exports(const char *name)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR), *strings = 0;
    const ElfW(Ehdr) *header = (const void *)base;
    const ElfW(Phdr) *segment = (const void *)(base + header->e_phoff);
    const ElfW(Sym) *symbols = 0;
    const unsigned *hash = 0;

    for (int i = 0; i < header->e_phnum; i++, segment++) {
        if (segment->p_type != PT_DYNAMIC)
            continue;
        for (const ElfW(Dyn) *entry = (const void *)(base + segment->p_offset); entry->d_tag; entry++) {
            if (entry->d_tag == DT_STRTAB)
                strings = base + entry->d_un.d_ptr;
            if (entry->d_tag == DT_SYMTAB)
                symbols = (const void *)(base + entry->d_un.d_ptr);
            if (entry->d_tag == DT_HASH)
                hash = (const void *)(base + entry->d_un.d_ptr);
        }
    }
    for (unsigned i = 0; hash && i < hash[1]; i++)
        if (!strcmp(strings + symbols[i].st_name, name))
            return symbols[i].st_shndx != 0;
    return 0;
}

static long long latest;

static void *look(void *unused)
{
    long behind = 0;

    for (int i = 0; i < 2000; i++) {
        long long before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST), now = by_libc(CLOCK_MONOTONIC);
        behind += now < before;
        __atomic_store_n(&latest, now, __ATOMIC_SEQ_CST);
    }
    return (void *)behind;
}

int main(int argc, char **argv)
{
    struct timespec resolution;
    struct timeval day;
    pthread_t thread;
    void *behind;
    int rounds = argc > 1 ? 20000 : 200;

    printf("%d %d %d %d\n", exports("__vdso_clock_gettime"), exports("__vdso_gettimeofday"), exports("__vdso_time"), exports("__vdso_getcpu"));
    for (int i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        long behind = 0;
        for (int round = 0; round < rounds; round++) {
            long long first = by_libc(clocks[i]), second = argc > 1 ? by_libc(clocks[i]) : by_call(clocks[i]), third = by_libc(clocks[i]);
            behind += first < 0 || second < first || third < second;
        }
        clock_getres(clocks[i], &resolution);
        printf("clock %d: %ld behind, resolution %ld\n", clocks[i], behind, resolution.tv_nsec);
    }
    // Longer than what the page says is good for.
    for (int i = 0; i < 3; i++) {
        struct timespec pause = { 0, 300000000 };
        long long before = by_libc(CLOCK_MONOTONIC), after;
        nanosleep(&pause, 0);
        after = by_libc(CLOCK_MONOTONIC);
        printf("slept: %d %d\n", after - before >= 300000000, by_call(CLOCK_MONOTONIC) >= after);
    }
    gettimeofday(&day, 0);
    printf("seconds: %d\n", time(0) - day.tv_sec <= 1 && by_call(CLOCK_REALTIME) / 1000000000 - day.tv_sec <= 1);
    pthread_create(&thread, 0, look, 0);
    look(0);
    pthread_join(thread, &behind);
    printf("thread: %ld behind\n", (long)behind);
    printf("bad: %d %d\n", clock_gettime(99, &resolution), clock_getres(99, &resolution));
    return 0;
}
