// Waits for ever for nothing, by the system call poll(NULL, 0, -1): 0x8010, the third argument in RCX.
.code64
again:
    mov $0x8010, %edx
    mov $7, %eax
    xor %edi, %edi
    xor %esi, %esi
    mov $-1, %rcx
    out %eax, %dx
    jmp again

.section .note.GNU-stack, "", @progbits
