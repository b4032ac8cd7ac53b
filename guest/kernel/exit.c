// The end of a thread, and of the program: locks that it held are handed on, as their list says (kernel/futex/core.c), who waits for
// it is told, and its vCPU is parked. The last thread takes the program with it.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"

#define FUTEX_WAKE        1         // linux/futex.h
#define FUTEX_WAITERS     0x80000000U
#define FUTEX_OWNER_DIED  0x40000000U
#define FUTEX_TID_MASK    0x3fffffffU
#define ROBUST_LIST_LIMIT 2048

#define IS_PI 1                     // in a pointer of the list: the host does not serve those, but they are marked

struct robust_list_head {
    u64 first;
    long futex_offset;
    u64 pending;                    // what is being locked or unlocked
};

static u64 main_status;             // what the first thread ended with

static void wake_one(u64 address)
{
    forward_call(SYS_futex, address, FUTEX_WAKE, 1, 0, 0, 0);
}

// Marks a lock that this thread holds. False when the list cannot be right; *wakes says whether somebody waits for it.
static bool mark_dead(u64 address, bool is_pending, bool is_pi, bool *wakes)
{
    u32 *word = user_word(address), value;

    if (!word)
        return false;
    value = *word;
    if (is_pending && !is_pi && !value) {
        *wakes = true;              // it was unlocked, but nobody woken
        return true;
    }
    do {
        if ((value & FUTEX_TID_MASK) != this_thread()->tid)
            return true;
    } while (!__atomic_compare_exchange_n(word, &value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    *wakes = !is_pi && value & FUTEX_WAITERS;
    return true;
}

static bool release(u64 address, bool is_pending, bool is_pi)
{
    bool wakes = false;
    bool right = locked(mark_dead(address, is_pending, is_pi, &wakes));

    if (wakes)
        wake_one(address);
    return right;
}

static bool read_user(void *to, u64 from, u64 bytes)
{
    return locked(copy_from_user(to, from, bytes)) == 0;
}

static void release_locks(u64 list)
{
    struct robust_list_head head;
    u64 entry, next = 0;

    if (!list || !read_user(&head, list, sizeof(head)))
        return;
    entry = head.first;
    for (int i = 0; i < ROBUST_LIST_LIMIT && (entry & ~(u64)IS_PI) != list; i++) {
        u64 lock = entry & ~(u64)IS_PI;
        bool more = read_user(&next, lock, sizeof(next));   // before it is somebody else's
        if (lock != (head.pending & ~(u64)IS_PI) && !release(lock + head.futex_offset, false, entry & IS_PI))
            return;
        if (!more)
            return;
        entry = next;
    }
    if (head.pending & ~(u64)IS_PI)
        release((head.pending & ~(u64)IS_PI) + head.futex_offset, true, head.pending & IS_PI);
}

// As on Linux, only when there is another thread.
static void tell_joiner(u64 address)
{
    u32 nobody = 0;

    if (!address || !several_threads())
        return;
    if (locked(copy_to_user(address, &nobody, sizeof(nobody))) == 0)
        wake_one(address);
}

// Nothing of what threads share may be touched when it is no longer counted.
LOCAL_SYSCALL sys_exit(u64 status)
{
    struct thread *thread = this_thread();

    if (thread == &first_thread)
        main_status = status & 0xff;
    release_locks(thread->robust_list);
    tell_joiner(thread->clear_tid);
    lock();
    thread_end(thread);
    retarget_signals(~thread->blocked);
    unlock();
    if (__atomic_sub_fetch(&threads_alive, 1, __ATOMIC_SEQ_CST) == 0)
        hypercall_exit_group(main_status);
    hypercall_park(thread == &first_thread ? NULL : &thread->busy);
}

LOCAL_SYSCALL sys_exit_group(u64 status)
{
    hypercall_exit_group(status & 0xff);    // what a parent on Linux would see
}
