// The program's threads: their blocks, each of a vCPU for ever and of one thread after the other, their numbers and their names.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "thread.h"

#define TIDS       32768            // as kernel.pid_max
#define TID_LISTS  256
#define HEAD_BYTES 24               // struct robust_list_head

extern const u64 gdt[GDT_ENTRIES];  // tss.S
extern const u8 tss[TSS_SIZE];

u32 next_vcpu;

static struct thread_name names[MAX_VCPUS];
static struct thread *by_tid[TID_LISTS];
static struct thread *parked, **parked_end = &parked;   // to be used again, when the host has parked their vCPUs
static u32 last_tid;

// The first thread's registers and tables are entry.S's matter.
void thread_init(const char *comm)
{
    struct thread *thread = &first_thread;

    thread->stack_top = (u64)thread + THREAD_BLOCK;
    thread->next = thread->previous = thread;
    thread->name = &names[0];
    thread->alternate.flags = SS_DISABLE;
    memcpy(names[0].comm, comm, COMM_SIZE - 1);
    thread->tid = names[0].tid = last_tid = INIT_PID;
    by_tid[INIT_PID] = thread;
}

static void set_base(u64 *descriptor, u64 base)
{
    descriptor[0] = (TSS_SIZE - 1) | (base & 0xffffff) << 16 | (u64)TSS_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
}

static struct thread *make_block(void)
{
    u64 physical = next_vcpu < MAX_VCPUS ? kalloc_aligned(THREAD_BLOCK / PAGE_SIZE) : 0;
    struct thread *thread = P2V(physical);

    if (!physical)
        return NULL;
    thread->stack_top = (u64)thread + THREAD_BLOCK;
    thread->gdt_pointer.limit = sizeof(thread->gdt) - 1;
    thread->gdt_pointer.base = (u64)thread->gdt;
    memcpy(thread->gdt, gdt, sizeof(thread->gdt));
    memcpy(thread->tss, tss, TSS_SIZE);
    *(u64 *)(thread->tss + 4) = thread->stack_top;
    *(u64 *)(thread->tss + 36) = (u64)thread + THREAD_IST_END;
    thread->number = next_vcpu;
    thread->name = &names[next_vcpu++];
    return thread;
}

// A block that no thread has, or null. The processor marks the TSS of one that had a thread as in use.
struct thread *thread_take(void)
{
    struct thread **link = &parked, *thread;

    while (*link && (*link)->busy)
        link = &(*link)->next;
    thread = *link;
    if (!thread) {
        thread = make_block();
        if (!thread)
            return NULL;
    } else {
        *link = thread->next;
        if (!*link)
            parked_end = link;
    }
    set_base(&thread->gdt[GDT_TSS], (u64)thread->tss);
    return thread;
}

void thread_give_back(struct thread *thread)
{
    thread->next = NULL;
    *parked_end = thread;
    parked_end = &thread->next;
}

// Whether a vCPU that the host has made is free, or is going to be as soon as it is parked.
bool thread_may_come(void)
{
    for (const struct thread *thread = parked; thread; thread = thread->next)
        if (thread->is_set_up)
            return true;
    return false;
}

struct thread *thread_find(u32 tid)
{
    struct thread *thread = by_tid[tid % TID_LISTS];

    while (thread && thread->tid != tid)
        thread = thread->next_by_tid;
    return thread;
}

static u32 new_tid(void)
{
    do {
        if (++last_tid >= TIDS)
            last_tid = INIT_PID + 1;
    } while (thread_find(last_tid));
    return last_tid;
}

// From here on it is one of the program's.
void thread_begin(struct thread *thread)
{
    struct thread *last = first_thread.previous;

    thread->tid = thread->name->tid = new_tid();
    thread->next_by_tid = by_tid[thread->tid % TID_LISTS];
    by_tid[thread->tid % TID_LISTS] = thread;
    thread->next = &first_thread;
    thread->previous = last;
    last->next = first_thread.previous = thread;
    thread->busy = 1;
    __atomic_fetch_add(&threads_alive, 1, __ATOMIC_RELAXED);
}

// The first stays, as a process's first thread does on Linux until the last one has ended.
void thread_end(struct thread *thread)
{
    struct thread **link = &by_tid[thread->tid % TID_LISTS];

    thread->has_ended = true;
    if (thread == &first_thread)
        return;
    while (*link != thread)
        link = &(*link)->next_by_tid;
    *link = thread->next_by_tid;
    thread->previous->next = thread->next;
    thread->next->previous = thread->previous;
    thread->name->tid = 0;
    thread_give_back(thread);
}

LOCAL_SYSCALL sys_gettid(void)
{
    return this_thread()->tid;
}

LOCAL_SYSCALL sys_set_tid_address(u64 address)
{
    this_thread()->clear_tid = address;
    return this_thread()->tid;
}

LOCAL_SYSCALL sys_set_robust_list(u64 head, u64 bytes)
{
    if (bytes != HEAD_BYTES)
        return -EINVAL;
    this_thread()->robust_list = head;
    return 0;
}

static long get_robust_list(u32 tid, u64 head, u64 bytes)
{
    static const u64 head_bytes = HEAD_BYTES;
    const struct thread *thread = tid ? thread_find(tid) : this_thread();

    if (!thread)
        return -ESRCH;
    return copy_to_user(bytes, &head_bytes, sizeof(u64)) < 0 ? -EFAULT : copy_to_user(head, &thread->robust_list, sizeof(u64));
}

LOCAL_SYSCALL sys_get_robust_list(u32 tid, u64 head, u64 bytes)
{
    return locked(get_robust_list(tid, head, bytes));
}
