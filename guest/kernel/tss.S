// The GDT, and the first thread's TSS and block (thread.h), with the stacks that the TSS names: where ring 0 begins when ring 3 is
// left. Laid out by the assembler as the IDT is, for the same reason (descriptors.S); those of other threads are made at run time, from
// copies of these (thread.c).
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"
#include "thread.h"

.section .data.descriptors, "aw"
.balign 16
.globl gdt
gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF         // 0x08 kernel code
    .quad 0x00CF93000000FFFF         // 0x10 kernel data
    .quad 0
    .quad 0
    .quad 0x00CFF3000000FFFF         // 0x28 user data
    .quad 0x00AFFB000000FFFF         // 0x30 user code
    .word TSS_SIZE - 1, tss - KERNBASE     // 0x38 TSS, 16 bytes
    .byte 0, TSS_AVAILABLE, 0, 0
    .long KERNBASE >> 32, 0
gdt_end:

.globl gdt_pointer
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt

.balign 16
.globl tss
tss:
    .long 0
    .quad first_thread + THREAD_BLOCK    // RSP0
    .quad 0, 0, 0
    .quad first_thread + THREAD_IST_END  // IST1
    .quad 0, 0, 0, 0, 0, 0, 0
    .word 0
    .word TSS_SIZE                   // no I/O bitmap: ring 3 may use no port

.bss
.balign THREAD_BLOCK
.globl first_thread
first_thread:
    .skip THREAD_BLOCK

.section .note.GNU-stack, "", @progbits
