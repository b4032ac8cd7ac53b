// A software interrupt from ring 3 to a handler in ring 0.
#include "probe.h"
#include "memlayout.h"

.code64
.globl start
start:
    lea handler(%rip), %rax
    mov $VECTOR, %ecx
    mov $GATE_RING3, %edx
    call set_gate
    lidt idt_pointer(%rip)
    lea ring3(%rip), %rdi
    jmp enter_ring3

ring3:
    int $VECTOR
    mov $0, %eax
    REPORT
1:  jmp 1b

handler:
    mov $ANSWER, %eax
    REPORT
    hlt

#include "idt.inc"
#include "ring3.inc"

.section .note.GNU-stack, "", @progbits
