// Entry of the ELF programs that run without a kernel, and the instructions they need.
#include "memlayout.h"

.text
// Everything the host promised at entry, as struct boot_state of barelib.h, the last member pushed first.
.globl _start
_start:
    mov %rsp, %rax
    pushfq
    push %r9
    push %r8
    push %rsi
    push %rdi
    push %rax
    mov %rsp, %rdi
    call main
.globl halt
halt:
    hlt
    jmp halt

// long outl(unsigned port, unsigned value): what is in RAX afterwards, which starts as the value
.globl outl
outl:
    mov %edi, %edx
    mov %esi, %eax
    out %eax, %dx
    ret

// int inl(unsigned port)
.globl inl
inl:
    mov %edi, %edx
    in %dx, %eax
    ret

// void outb(unsigned port, char value)
.globl outb
outb:
    mov %edi, %edx
    mov %esi, %eax
    out %al, %dx
    ret

// unsigned long read_cr0(void) and so on
.globl read_cr0
read_cr0:
    mov %cr0, %rax
    ret

.globl read_cr3
read_cr3:
    mov %cr3, %rax
    ret

.globl read_cr4
read_cr4:
    mov %cr4, %rax
    ret

.globl read_efer
read_efer:
    mov $0xC0000080, %ecx
    rdmsr
    shl $32, %rdx
    or %rdx, %rax
    ret

// unsigned read_cs(void), unsigned read_ss(void)
.globl read_cs
read_cs:
    mov %cs, %eax
    ret

.globl read_ss
read_ss:
    mov %ss, %eax
    ret

// void lock(unsigned *word), void unlock(unsigned *word): between vCPUs
.globl lock
lock:
    mov $1, %eax
    xchg %eax, (%rdi)
    test %eax, %eax
    jnz lock
    ret

.globl unlock
unlock:
    movl $0, (%rdi)
    ret

.section .note.GNU-stack, "", @progbits
