// A triple fault with a known value in RBX.
#include "probe.h"

.code64
.globl start
start:
    mov $ANSWER, %ebx
    ud2

.section .note.GNU-stack, "", @progbits
