// A ticket lock: vCPUs enter in the order they asked. It keeps a counter right that is not atomic, and no two vCPUs may be
// inside at once. Boot `elf64`.
#include "barrier.h"

// Of all vCPUs together. Where they outnumber the host's cores, the lock often goes to one that is not running, and all
// others wait for the host to get to it.
#define ROUNDS 64

static struct barrier start;
static struct {
    u32 next, serving;
} ticket_lock;

// Owned by who holds the lock; volatile, so that every access happens, and inside.
static volatile u64 counter;
static volatile u64 inside;

static void acquire(void)
{
    u32 ticket = __atomic_fetch_add(&ticket_lock.next, 1, __ATOMIC_RELAXED);

    while (load(&ticket_lock.serving) != ticket)
        pause();
}

static void release(void)
{
    // Only the holder writes it.
    __atomic_store_n(&ticket_lock.serving, ticket_lock.serving + 1, __ATOMIC_RELEASE);
}

void main(const struct boot_state *state)
{
    u64 me = state->r8 + 1;
    u64 rounds = (ROUNDS + state->r9 - 1) / state->r9;
    u32 sense = 0;
    int failed = 0;

    // Or the first vCPU might be through before the last one starts.
    barrier_wait(&start, state->r9, &sense);
    for (u64 i = 0; i < rounds; i++) {
        acquire();
        failed |= inside != 0;
        inside = me;
        counter = counter + 1;
        failed |= inside != me;
        inside = 0;
        release();
    }
    if (state->r8 != 0)
        leave(failed);

    failed |= others_failed(state->r9);
    conclude("smp-ticket", "counter", counter, failed || counter != rounds * state->r9);
}
