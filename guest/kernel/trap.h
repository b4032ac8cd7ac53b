// What trap.S and the processor push, lowest address first.
#ifndef TRAP_H
#define TRAP_H

#include "types.h"

struct trapframe {
    u64 r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    u64 vector, error_code;
    u64 rip, cs, rflags, rsp, ss;
};

void trap(struct trapframe *frame);
void bad_syscall_return(const u64 *frame) __attribute__((noreturn));

#endif
