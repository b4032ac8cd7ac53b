// SSE2 arithmetic in ring 0: 0x5AFD + 1.
#include "probe.h"

.code64
.globl start
start:
    mov $(ANSWER - 1), %eax
    movd %eax, %xmm0
    mov $1, %eax
    movd %eax, %xmm1
    paddd %xmm1, %xmm0
    movd %xmm0, %eax
    REPORT
    hlt

.section .note.GNU-stack, "", @progbits
