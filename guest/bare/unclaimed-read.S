// Reads from a port that no device has. Boot `long64`.
.code64
.globl start
start:
    mov $0x1122334455667788, %rbx
    mov $0x1235, %edx
    in %dx, %al
    hlt

.section .note.GNU-stack, "", @progbits
