// Writes a letter to the console 10,000 times, an exit each, and halts.
.code16
    mov $0xE9, %dx
    mov $'x', %al
    mov $10000, %ebx
round:
    out %al, %dx
    dec %ebx
    jnz round
    hlt

.section .note.GNU-stack, "", @progbits
