// A thread of the program is a vCPU of the VM, and has a block of memory there: this structure at its beginning, then the stack for
// double faults, and the kernel's stack at its end. C finds it by the stack pointer, so nothing in C needs GS.
#ifndef THREAD_H
#define THREAD_H

#define THREAD_BLOCK        0x4000  // a block's bytes, and what its address is a multiple of
#define THREAD_IST_END      0x1800  // where in it the stack for double faults ends

// Where assembly finds what is in it.
#define THREAD_USER_RIP     0
#define THREAD_USER_RSP     8
#define THREAD_STACK_TOP    16
#define THREAD_GDT_POINTER  24
#define THREAD_IS_SET_UP    36
#define THREAD_FS_BASE      40
#define THREAD_FPSTATE      48

#ifndef __ASSEMBLER__

#include "mmu.h"
#include "signal.h"
#include "types.h"

#define MAX_VCPUS           1024    // the most that KVM has
#define COMM_SIZE           16
#define GDT_ENTRIES         9
#define GDT_TSS             7       // the TSS's, of two

// What the host knows of a thread, by its vCPU's number (hypercall.h).
struct thread_name {
    u32 tid;                        // 0: there is no thread
    char comm[COMM_SIZE];           // prctl(PR_SET_NAME)
};

struct thread {
    u64 user_rip, user_rsp;         // syscall.S, as long as there is no stack
    u64 stack_top;
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) gdt_pointer;
    u16 padding;
    u32 is_set_up;                  // its vCPU has begun once
    u64 fs_base;                    // what it begins with, as the next
    u8 fpstate[512];
    u64 gdt[GDT_ENTRIES];
    u8 tss[TSS_SIZE] __attribute__((aligned(16)));

    u32 number;                     // of its vCPU
    u32 tid;
    volatile u32 busy;              // 1 from when it begins until the host has parked it
    bool has_ended;
    struct thread *next, *previous; // of those that live, or of those that wait to be used again
    struct thread *next_by_tid;
    struct thread_name *name;

    u64 clear_tid;                  // user address, or 0: cleared and woken when it ends
    u64 robust_list;                // user address, or 0
    u64 window_start, window_end;   // what its last page fault brought (fault.c)

    u64 blocked;                    // signals, as the next four
    u64 awaited;                    // by rt_sigtimedwait
    u64 saved_mask;                 // what rt_sigsuspend is to restore
    bool restores_mask;
    struct alternate_stack alternate;
    bool asks_debugger;             // about its exception, as the next three
    bool steps_into_handler;
    u64 fault_address;
    struct signal_info trap_info;   // of the exception that is about to be handled; its signal is 0 when there is none
    struct pending_signals pending;
};

#define THREAD_HAS_AT(offset, field) _Static_assert(offsetof(struct thread, field) == (offset), #field)
THREAD_HAS_AT(THREAD_USER_RIP, user_rip);
THREAD_HAS_AT(THREAD_USER_RSP, user_rsp);
THREAD_HAS_AT(THREAD_STACK_TOP, stack_top);
THREAD_HAS_AT(THREAD_GDT_POINTER, gdt_pointer);
THREAD_HAS_AT(THREAD_IS_SET_UP, is_set_up);
THREAD_HAS_AT(THREAD_FS_BASE, fs_base);
THREAD_HAS_AT(THREAD_FPSTATE, fpstate);
_Static_assert(sizeof(struct thread) + 2048 <= THREAD_IST_END, "a stack for double faults");

extern struct thread first_thread;  // tss.S: the main thread's, and vCPU 0's

static inline struct thread *this_thread(void)
{
    u64 stack_pointer;

    __asm__("mov %%rsp, %0" : "=r"(stack_pointer));
    return (struct thread *)(stack_pointer & ~(u64)(THREAD_BLOCK - 1));
}

// start.S: where the vCPU of a new thread begins (HYPERCALL_START).
void thread_start(void) __attribute__((visibility("hidden")));     // its address is taken

// thread.c: all with the lock held.
extern u32 next_vcpu;               // the number of the next new one
void thread_init(const char *comm);
struct thread *thread_take(void);
void thread_give_back(struct thread *thread);
bool thread_may_come(void);
void thread_begin(struct thread *thread);
void thread_end(struct thread *thread);
struct thread *thread_find(u32 tid);

#endif
#endif
