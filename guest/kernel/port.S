// The port instructions every hypercall is made of.
#include "hypercall.h"

.text
// long outl(u16 port, u32 value): what is in RAX afterwards, which is the result of the calls that answer there.
.globl outl
outl:
    mov %edi, %edx
    mov %esi, %eax
    out %eax, %dx
    ret

// u64 out_syscall(u64 number, const u64 arguments[6], long *result): HYPERCALL_SYSCALL, and what is in RDX afterwards.
.globl out_syscall
out_syscall:
    push %rdx
    mov %rdi, %rax
    mov %rsi, %r11
    mov (%r11), %rdi
    mov 8(%r11), %rsi
    mov 16(%r11), %rcx
    mov 24(%r11), %r10
    mov 32(%r11), %r8
    mov 40(%r11), %r9
    mov $HYPERCALL_SYSCALL, %edx
    out %eax, %dx
    pop %rcx
    mov %rax, (%rcx)
    mov %rdx, %rax
    ret

// int inl(u16 port)
.globl inl
inl:
    mov %edi, %edx
    in %dx, %eax
    ret

// void halt(void), for ever
.globl halt
halt:
    hlt
    jmp halt

.section .note.GNU-stack, "", @progbits
