// Writes letters to the console for ever.
.code16
    mov $0xE9, %dx
    mov $'x', %al
again:
    out %al, %dx
    jmp again

.section .note.GNU-stack, "", @progbits
