// Reports, and waits for the host to step through instructions that KVM completes itself, among others.
#include "probe.h"

.code64
.globl start
start:
    mov $ANSWER, %eax
    REPORT
    mov $QUIET_PORT, %edx
    out %al, %dx
    xor %eax, %eax
    cpuid
    mov %cr3, %rax
    mov %rax, %cr3
    mov $1, %ecx
    mov $2, %ecx
    hlt

.section .note.GNU-stack, "", @progbits
