// Closes a file that is not open, for ever, by the call 0x8003.
.code16
    mov $0x8003, %dx
again:
    mov $77, %eax
    out %eax, %dx
    jmp again

.section .note.GNU-stack, "", @progbits
