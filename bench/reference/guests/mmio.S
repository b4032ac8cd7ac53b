// Writes to device memory for ever, an exit each.
.code64
    mov $0xD0000000, %edi
again:
    mov %eax, (%rdi)
    jmp again

.section .note.GNU-stack, "", @progbits
