// Reports from ring 3, then executes INT3.
#include "probe.h"
#include "memlayout.h"

.code64
.globl start
start:
    lea ring3(%rip), %rdi
    jmp enter_ring3

ring3:
    mov $ANSWER, %eax
    REPORT
    int3
    mov $0, %eax
    REPORT
1:  jmp 1b

#include "ring3.inc"

.section .note.GNU-stack, "", @progbits
