// What assembly files share: macros.
#ifndef MACROS_H
#define MACROS_H

.macro set_msr msr, low, high
    mov \low, %eax
    mov \high, %edx
    mov $\msr, %ecx
    wrmsr
.endm

// The part of struct context (trap.h) that C has preserved.
.macro push_preserved
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm

.macro pop_preserved
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
.endm

// struct trapframe, and back to ring 3.
.macro pop_frame
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq
.endm

#endif
