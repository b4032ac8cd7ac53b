// Reports, and waits for the host to step through what follows.
#include "probe.h"

.code64
.globl start
start:
    mov $ANSWER, %eax
    REPORT
    mov $1, %ecx
    mov $2, %ecx
    mov $3, %ecx
    hlt

.section .note.GNU-stack, "", @progbits
