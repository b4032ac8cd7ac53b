// Reads a port for ever, an exit each: the result of a call that it never made.
.code16
    mov $0x8001, %dx
again:
    in %dx, %eax
    jmp again

.section .note.GNU-stack, "", @progbits
