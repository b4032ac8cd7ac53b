// Exceptions, and the notice of a signal: vectors 0 to 32 come here with the stack the processor made, and go on to trap() in C. Last
// in it is the way into ring 3 that comes back from nowhere, the first.
#include "hypercall.h"
#include "memlayout.h"
#include "mmu.h"
#include "macros.h"
#include "syscall.h"

.section .text.trap, "ax"

// Vectors for which the processor pushes an error code (Intel SDM vol. 3A, table 6-1).
.macro vector n
vector\n:
    .if \n != 8 && \n != 10 && \n != 11 && \n != 12 && \n != 13 && \n != 17 && \n != 21 && \n != 29 && \n != 30
    pushq $0
    .endif
    pushq $\n
    jmp alltraps
.globl vector\n
.endm

.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
    vector \n
.endr

// syscall.S handles #PF first, and jumps here when it is no system call. Only the registers that C does not preserve
// are saved: struct trapframe in trap.h.
.globl vector14
vector14:
    pushq $T_PF
alltraps:
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov %rsp, %rdi
    call trap
    test %al, %al
    jnz handler
restore:
    pop_frame

// The program has a handler for what happened, or a debugger, or is at its end.
handler:
    push_preserved
    mov %rsp, %rdi
    call finish_trap
    jmp restore_all

// struct context, above the error code that is on the stack already, when a system call has been made.
.macro push_context
    pushq $0                        // no vector
    push %rax
    pushq 24(%rsp)                  // RCX, as SYSCALL left it: RIP
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    pushq 96(%rsp)                  // R11: RFLAGS
    push_preserved
.endm

// System calls after which a handler may have to run, or that return from one. Called like a C function by syscall.S, with the
// number still in RAX, but it needs every register of the program and returns to it by itself.
.globl signal_entry
signal_entry:
    add $8, %rsp
    push_context
    mov %rsp, %rdi
    call signal_syscall
restore_all:
    pop_preserved
    jmp restore

// HYPERCALL_NOTICE: the host has answered a system call, and there may be a signal. RAX = the result, RDX = that and the call's
// number, RCX = the program's RDX; on the stack is what syscall.S has there.
.globl notice
notice:
    xchg %rcx, %rdx
    push_context
    mov %rsp, %rdi
    mov %ecx, %esi
    call notice_syscall
    jmp restore_all

// What stands in the table of system calls instead of their functions while the host traces them (syscall.c). As there: number in
// RAX, arguments as C has them, the fourth in R10 too.
.macro tell_entered
    push %rdx
    mov %rdx, %rcx
    mov $HYPERCALL_ENTERED, %edx
    out %eax, %dx
    pop %rdx
    mov %r10, %rcx
.endm

.globl traced_call
traced_call:
    tell_entered
    lea traced_functions(%rip), %r11
    call *(%r11, %rax, 8)
    push %rdx
    mov $HYPERCALL_RETURNED, %edx
    out %eax, %dx
    pop %rdx
    ret

.globl traced_signal_call
traced_signal_call:
    tell_entered
    jmp signal_entry

// resume_user(context): ring 3 with all its registers.
.globl resume_user
resume_user:
    mov %rdi, %rsp
    jmp restore_all

// enter_user(rip, rsp): the first instruction of a user program, every register clear as on Linux.
.globl enter_user
enter_user:
    pushq $(USER_DATA_SELECTOR | RPL_USER)
    push %rsi
    pushq $USER_RFLAGS
    pushq $(USER_CODE_SELECTOR | RPL_USER)
    push %rdi
    xor %eax, %eax
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    iretq

.bss
.balign 8
.globl traced_functions
traced_functions: .skip 8 * (SYSCALL_LOCAL_MAX + 1)

.section .note.GNU-stack, "", @progbits
