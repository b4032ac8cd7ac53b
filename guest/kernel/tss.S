// The TSS, and the stacks it names: where ring 0 begins when ring 3 is left.
#include "mmu.h"

.section .data.descriptors, "aw"
.balign 16
.globl tss
tss:
    .long 0
    .quad kernel_stack_top           // RSP0
    .quad 0, 0, 0
    .quad double_fault_stack_top     // IST1
    .quad 0, 0, 0, 0, 0, 0, 0
    .word 0
    .word TSS_SIZE                   // no I/O bitmap: ring 3 may use no port

.bss
.balign 16
    .skip 8192
.globl kernel_stack_top
kernel_stack_top:
    .skip 4096
double_fault_stack_top:

.section .note.GNU-stack, "", @progbits
