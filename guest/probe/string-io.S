// One instruction that reads 16 bytes from a port. (Every KVM splits `rep outs`; what it may gather is `rep ins`.) Reports the
// last byte.
#include "probe.h"

#define BYTES   16
#define BUFFER  0x20000

.code64
.globl start
start:
    mov $PROBE_PORT, %edx
    mov $BUFFER, %edi
    mov $BYTES, %ecx
    rep insb
    movzbl (BUFFER + BYTES - 1), %eax
    REPORT
    hlt

.section .note.GNU-stack, "", @progbits
