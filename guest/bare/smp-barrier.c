// Phases kept apart by a barrier. After each wait a vCPU sees who has not reached it (behind) and who left the next one without
// waiting (ahead): nobody, if the barrier is right. Boot `elf64`.
#include "barrier.h"

#define PHASES    6
#define MAX_VCPUS 256

static struct barrier barrier;
static u32 phase_of[MAX_VCPUS];

void main(const struct boot_state *state)
{
    u32 sense = 0;
    int failed = 0;

    if (state->r9 > MAX_VCPUS)
        exit_vcpu(1);
    for (u32 phase = 1; phase <= PHASES; phase++) {
        __atomic_store_n(&phase_of[state->r8], phase, __ATOMIC_RELAXED);
        barrier_wait(&barrier, state->r9, &sense);
        // The quick are in the next phase already, but wait there for this vCPU.
        for (u64 i = 0; i < state->r9; i++)
            failed |= load(&phase_of[i]) - phase > 1;
    }
    if (state->r8 != 0)
        leave(failed);

    failed |= others_failed(state->r9);
    conclude("smp-barrier", "phases", phase_of[0], failed || phase_of[0] != PHASES);
}
