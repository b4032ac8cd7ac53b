// Where the vCPU of a new thread begins: RDI = its block, RSP = the registers it is to have in ring 3, which clone.c has put at the
// stack's end. Segments, tables and control registers are the other thread's; its GDT, TSS and MSRs it sets itself, the latter once.
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"
#include "macros.h"
#include "thread.h"

.text
.globl thread_start
thread_start:
    lgdt THREAD_GDT_POINTER(%rdi)
    mov $TSS_SELECTOR, %eax
    ltr %ax
    // What this vCPU remembers of its last thread's time: nobody had it forget while one thread was alone.
    mov %cr3, %rax
    mov %rax, %cr3
    cmpl $0, THREAD_IS_SET_UP(%rdi)
    jne 1f
    movl $1, THREAD_IS_SET_UP(%rdi)
    set_msr MSR_STAR, $0, $STAR_HIGH
    set_msr MSR_LSTAR, $(SYSCALL_ENTRY & 0xFFFFFFFF), $(SYSCALL_ENTRY >> 32)
    set_msr MSR_SFMASK, $SFMASK, $0
    mov %edi, %eax
    mov %rdi, %rdx
    shr $32, %rdx
    mov $MSR_KERNEL_GS_BASE, %ecx
    wrmsr
    mov xcr0(%rip), %eax
    test %eax, %eax
    jz 1f
    xor %ecx, %ecx
    xor %edx, %edx
    xsetbv
1:
    set_msr MSR_FS_BASE, THREAD_FS_BASE(%rdi), (THREAD_FS_BASE + 4)(%rdi)
    fxrstor64 THREAD_FPSTATE(%rdi)
    pop_preserved
    pop_frame

.bss
.balign 4
.globl xcr0
xcr0: .skip 4                       // entry.S; 0 where there is none

.section .note.GNU-stack, "", @progbits
