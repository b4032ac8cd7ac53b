// Four 1-byte writes to a port that KVM may keep to itself, then a report.
#include "probe.h"

.code64
.globl start
start:
    mov $QUIET_PORT, %edx
    mov $'a', %eax
    out %al, %dx
    out %al, %dx
    out %al, %dx
    out %al, %dx
    mov $ANSWER, %eax
    REPORT
    hlt

.section .note.GNU-stack, "", @progbits
