// One SSE instruction in ring 0. Where KVM emulates ring 0 it cannot, and the run ends in an internal error. Boot `long64`.
.code64
.globl start
start:
    mov $0x1122334455667788, %rbx
    xorps %xmm0, %xmm0
    lea text(%rip), %rsi
    call print
    hlt

#include "print.inc"
#include "debug-port.inc"

text: .asciz "sse ok\n"

.section .note.GNU-stack, "", @progbits
