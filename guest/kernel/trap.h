// The way between ring 3 and ring 0: what trap.S and the processor push, lowest address first, and what is called with it.
#ifndef TRAP_H
#define TRAP_H

#include "types.h"

#define SYSCALL_BYTES 2             // of the instruction

struct trapframe {
    u64 r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    u64 vector, error_code;
    u64 rip, cs, rflags, rsp, ss;
};

// All of a program's registers, as trap.S pushes them where a signal handler comes into it.
struct context {
    u64 r15, r14, r13, r12, rbp, rbx;
    struct trapframe frame;
};

// syscall.c
void trace_syscalls(void);
void bad_syscall_return(const u64 *frame) __attribute__((noreturn));

// trap.S
void enter_user(u64 rip, u64 rsp) __attribute__((noreturn));
void resume_user(struct context *context) __attribute__((noreturn));
extern u64 traced_functions[];

// trap.c
bool trap(struct trapframe *frame);
void finish_trap(struct context *context);

// debug.c: both without the lock. The signal that a debugger lets a thread have, 0 for none; where it steps into a handler, the
// next tells it so at that one's first instruction.
extern bool program_is_debugged;
u64 debug_signal(struct context *context, u64 signal);
void debug_step(struct context *context);
// A system call that may give the thread other flags: when it is stepped over, debug_step is to tell so behind it.
void debug_note_step(const struct context *context);

// signal.c
void deliver_trap(struct context *context);
void signal_syscall(struct context *context);
void notice_syscall(struct context *context, u32 number);
extern bool syscalls_are_traced;

// clone.c: both with the lock held, and with the number in RAX still. -ENOSYS: no thread, so nothing of the kernel's.
long sys_clone(const struct context *context);
long sys_clone3(const struct context *context);

#endif
