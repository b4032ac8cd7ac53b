// Writes to eight pages and halts.
.code16
    mov $0x1000, %edi
    mov $8, %ebx
next:
    movl $0x12345678, (%edi)
    add $0x1000, %edi
    dec %ebx
    jnz next
    hlt

.section .note.GNU-stack, "", @progbits
