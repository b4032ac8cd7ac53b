// Reports from ring 3 with the address of an instruction further on in RBX, and waits for the host to step, or to stop there.
#include "probe.h"
#include "memlayout.h"

.code64
.globl start
start:
    lea ring3(%rip), %rdi
    jmp enter_ring3

ring3:
    lea target(%rip), %rbx
    mov $ANSWER, %eax
    REPORT
    mov $1, %ecx
target:
    mov $2, %ecx
    mov $3, %ecx
    mov $0, %eax
    REPORT
1:  jmp 1b

#include "ring3.inc"

.section .note.GNU-stack, "", @progbits
