// GDT and IDT, laid out by the assembler: at about a microsecond per kernel instruction, building them at run time would
// cost more than the rest of the boot. It works because the kernel is in the first 64 KiB above KERNBASE (vmlayout.h): an
// address is then its low 16 bits, 0, and KERNBASE >> 32. The linker refuses bits that do not fit.
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"

#define LOW(symbol)      ((symbol) - KERNBASE)
#define HIGH             (KERNBASE >> 32)

#define TSS_AVAILABLE    0x89
#define INTERRUPT_GATE   0x8E
#define USER_GATE        0xEE        // int3 and into may be executed in ring 3
#define DOUBLE_FAULT_IST 1

.section .data.descriptors, "aw"
.balign 16
gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF         // 0x08 kernel code
    .quad 0x00CF93000000FFFF         // 0x10 kernel data
    .quad 0
    .quad 0
    .quad 0x00CFF3000000FFFF         // 0x28 user data
    .quad 0x00AFFB000000FFFF         // 0x30 user code
    .word TSS_SIZE - 1, LOW(tss)     // 0x38 TSS, 16 bytes
    .byte 0, TSS_AVAILABLE, 0, 0
    .long HIGH, 0
gdt_end:

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
idt_end:

.globl gdt_pointer
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt
.globl idt_pointer
idt_pointer:
    .word idt_end - idt - 1
    .quad idt

.section .note.GNU-stack, "", @progbits
