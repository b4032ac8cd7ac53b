// Writes to a port that no device has. Boot `long64`.
.code64
.globl start
start:
    mov $0x1234, %dx
    mov $'!', %al
    out %al, %dx
    hlt

.section .note.GNU-stack, "", @progbits
