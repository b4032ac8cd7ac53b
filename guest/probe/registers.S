// Reports twice. In between the host sets RAX in the run page; the second report says whether the guest got it.
#include "probe.h"

.code64
.globl start
start:
    mov $ANSWER, %eax
    REPORT
    REPORT
    hlt

.section .note.GNU-stack, "", @progbits
