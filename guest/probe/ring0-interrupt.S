// A software interrupt from ring 0 to a handler of the guest's.
#include "probe.h"
#include "memlayout.h"

.code64
.globl start
start:
    lea handler(%rip), %rax
    mov $VECTOR, %ecx
    mov $GATE_RING0, %edx
    call set_gate
    lidt idt_pointer(%rip)
    int $VECTOR
    mov $0, %eax                // not reached where the handler ends the probe
    REPORT
    hlt

handler:
    mov $ANSWER, %eax
    REPORT
    hlt

#include "idt.inc"

.section .note.GNU-stack, "", @progbits
