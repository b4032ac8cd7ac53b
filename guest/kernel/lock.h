// The kernel's one lock. It is around what two threads share: areas, page tables, pages, pieces of memory, signals, the threads
// themselves. As long as there is one thread it is not taken. Nobody waits for the host while holding it.
#ifndef LOCK_H
#define LOCK_H

#include "types.h"

// Changed by take_lock's holder when a thread begins, and by a thread that ends, when it has done all else.
extern volatile u32 threads_alive;
extern volatile u32 lock_word;

static inline bool several_threads(void)
{
    return threads_alive > 1;
}

// lock.c. Saves all registers, so that taking none costs nothing.
void wait_for_lock(void) __attribute__((no_caller_saved_registers));

// Whether several threads live or not: for who is about to make a second one.
static inline void take_lock(void)
{
    if (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
        wait_for_lock();
}

static inline void lock(void)
{
    if (several_threads())
        take_lock();
    __asm__ volatile("" : : : "memory");
}

// A thread that lives alone took nothing and has nobody to take it from.
static inline void unlock(void)
{
    __asm__ volatile("" : : : "memory");
    lock_word = 0;
}

// A call with the lock held.
#define locked(call) ({ lock(); long result_ = (call); unlock(); result_; })

#endif
