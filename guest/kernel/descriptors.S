// The IDT, laid out by the assembler: at about a microsecond per kernel instruction, building it at run time would
// cost more than the rest of the boot. It works because the kernel is in the first 64 KiB above KERNBASE (vmlayout.h): an
// address is then its low 16 bits, 0, and KERNBASE >> 32. The linker refuses bits that do not fit.
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"

#define LOW(symbol)      ((symbol) - KERNBASE)
#define HIGH             (KERNBASE >> 32)

#define INTERRUPT_GATE   0x8E
#define USER_GATE        0xEE        // int3 and into may be executed in ring 3
#define DOUBLE_FAULT_IST 1

.section .data.descriptors, "aw"
.macro gate handler, ist, type
    .word LOW(\handler), KERNEL_CODE_SELECTOR
    .byte \ist, \type
    .word 0
    .long HIGH, 0
.endm

.balign 16
idt:
.irp n, 0, 1, 2
    gate vector\n, 0, INTERRUPT_GATE
.endr
.irp n, 3, 4
    gate vector\n, 0, USER_GATE
.endr
.irp n, 5, 6, 7
    gate vector\n, 0, INTERRUPT_GATE
.endr
    gate vector8, DOUBLE_FAULT_IST, INTERRUPT_GATE
.irp n, 9, 10, 11, 12, 13
    gate vector\n, 0, INTERRUPT_GATE
.endr
    gate page_fault, 0, INTERRUPT_GATE
.irp n, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    gate vector\n, 0, INTERRUPT_GATE
.endr
    gate vector32, 0, INTERRUPT_GATE // HYPERCALL_VECTOR
idt_end:

.globl idt_pointer
idt_pointer:
    .word idt_end - idt - 1
    .quad idt

.section .note.GNU-stack, "", @progbits
