// What the programs for several vCPUs share: how each vCPU ends and how vCPU 0 tells the verdict of all, in one line on port
// 0xE9. To be included by one file of a program.
#ifndef SMP_H
#define SMP_H

#include "barelib.h"
#include "hypercall.h"

static u32 ended, failed_vcpus;

void putchar(char c)
{
    outb(0xe9, c);
}

// In every loop that waits: on ordinary KVM it lets the host run another vCPU instead.
static inline void pause(void)
{
    __builtin_ia32_pause();
}

static inline u32 load(const u32 *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline __attribute__((noreturn)) void exit_vcpu(int failed)
{
    outl(HYPERCALL_EXIT, failed);
    halt();
}

// How vCPUs other than 0 end.
static inline __attribute__((noreturn)) void leave(int failed)
{
    if (failed)
        __atomic_fetch_add(&failed_vcpus, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
    exit_vcpu(failed);
}

// For vCPU 0, before its verdict: whether one of the others failed.
static inline int others_failed(u32 vcpus)
{
    while (load(&ended) != vcpus - 1)
        pause();
    return failed_vcpus != 0;
}

// How vCPU 0 ends.
static inline __attribute__((noreturn)) void conclude(const char *program, const char *what, u64 value, int failed)
{
    print(failed ? "FAIL " : "ok ");
    print(program);
    print(" ");
    print(what);
    print(": ");
    print_number(value);
    print("\n");
    exit_vcpu(failed);
}

#endif
