// All vCPUs count in one word by `lock`-prefixed additions: none may get lost. Boot `elf64`.
#include "smp.h"

#define ROUNDS 1000

static u64 counter;

void main(const struct boot_state *state)
{
    for (int i = 0; i < ROUNDS; i++)
        __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    if (state->r8 != 0)
        leave(0);

    int failed = others_failed(state->r9);
    u64 total = __atomic_load_n(&counter, __ATOMIC_RELAXED);
    conclude("smp-counter", "counter", total, failed || total != ROUNDS * state->r9);
}
