// Stores to the page at 3 MiB, then reports.
#include "probe.h"

.code64
.globl start
start:
    mov $ANSWER, %eax
    mov %eax, 0x300000
    REPORT
    hlt

.section .note.GNU-stack, "", @progbits
