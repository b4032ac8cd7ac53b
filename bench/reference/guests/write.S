// Writes 1 MiB to standard output with each call, for ever, by the call 0x8002.
.code16
start:
    mov $0x8002, %dx
    mov $request, %eax
again:
    out %eax, %dx
    jmp again

.balign 8
request = . - start
    .quad 1, 0x200000, 0x100000

.section .note.GNU-stack, "", @progbits
