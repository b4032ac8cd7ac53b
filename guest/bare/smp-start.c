// One vCPU starts others, again and again, and ends the VM while one of them spins. Boot `elf64`, one vCPU.
#include "memlayout.h"
#include "smp.h"

#define ROUNDS     50
#define STARTED    3                // numbers 1 to 3
#define STACK_SIZE 4096
#define EINVAL     22

static u32 counter, busy[STARTED + 1], goes_on = 1;
static char stacks[STARTED + 1][STACK_SIZE] __attribute__((aligned(16)));

// Where a started vCPU begins, on a stack that is aligned as after a call.
static __attribute__((noreturn)) void count(u64 index)
{
    __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    outl(HYPERCALL_PARK, (u64)&busy[index]);
    // Not reached: whoever is started again begins anew.
    outl(HYPERCALL_PANIC, (u64)"a parked vCPU went on");
    halt();
}

static __attribute__((noreturn)) void spin(u64 index)
{
    __atomic_store_n(&busy[index], 2, __ATOMIC_RELEASE);
    while (load(&goes_on))
        pause();
    halt();
}

static long start(u64 index, void (*function)(u64))
{
    u64 arguments[4] = { index, (u64)function, (u64)stacks[index] + STACK_SIZE - 8, index };

    __atomic_store_n(&busy[index], 1, __ATOMIC_RELEASE);
    return outl(HYPERCALL_START, (u64)arguments);
}

void main(const struct boot_state *state)
{
    long error = 0;

    for (int round = 0; round < ROUNDS && !error; round++) {
        for (u64 index = 1; index <= STARTED && !error; index++)
            error = start(index, count);
        for (u64 index = 1; index <= STARTED && !error; index++)
            while (load(&busy[index]))
                pause();
        outl(HYPERCALL_FLUSH, 0);
        outl(HYPERCALL_YIELD, 0);
    }
    if (!error)
        error = start(1, spin);
    while (!error && load(&busy[1]) != 2)
        pause();
    error = error ? error : start(1, spin) != -EINVAL ? -1 : 0;     // it runs
    print(error || counter != ROUNDS * STARTED || state->r9 != 1 ? "FAIL" : "ok");
    print(" smp-start started: ");
    print_number(error ? error : counter);
    print("\n");
    outl(HYPERCALL_EXIT_GROUP, error != 0);
    halt();
}
