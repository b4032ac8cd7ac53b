// A sense-reversing barrier. Its sense changes each time all vCPUs have arrived, and each vCPU waits for the sense opposite
// to the last one's: so the barrier can be used again while some have not yet left it.
#ifndef BARRIER_H
#define BARRIER_H

#include "smp.h"

struct barrier {
    u32 arrived;
    u32 sense;
};

// sense is the vCPU's own, 0 before its first wait.
static inline void barrier_wait(struct barrier *barrier, u32 vcpus, u32 *sense)
{
    *sense = !*sense;
    if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == vcpus) {
        // Nobody can arrive again before the sense has changed.
        __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&barrier->sense, *sense, __ATOMIC_RELEASE);
    } else {
        while (load(&barrier->sense) != *sense)
            pause();
    }
}

#endif
