// The lock between threads: whoever waits for it spins a little, then lets another vCPU of the host's processor go on.
#include "lock.h"
#include "hypercall.h"
#include "x86.h"

#define SPINS 16                    // each is some microseconds where KVM emulates ring 0

volatile u32 threads_alive = 1;
volatile u32 lock_word;

void wait_for_lock(void)
{
    for (int spins = 1; __atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE); spins++) {
        if (spins % SPINS)
            __asm__ volatile("pause");
        else
            outl(HYPERCALL_YIELD, 0);
    }
}
