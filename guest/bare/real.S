// Real mode: prints one character and halts. Boot `real16`, loaded at 0.
.code16
.globl start
start:
    mov $0x217, %dx
    mov $'a', %al
    out %al, %dx
    hlt

.section .note.GNU-stack, "", @progbits
