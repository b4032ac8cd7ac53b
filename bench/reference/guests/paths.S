// Opens a path of 1,300 components that ends in 40 links, for ever, by the call 0x8000.
.code16
start:
    mov $0x8000, %dx
    mov $path, %eax
again:
    out %eax, %dx
    jmp again

path = . - start
    .ascii "/data"
.rept 650
    .ascii "/d/.."
.endr
    .asciz "/l0"

.section .note.GNU-stack, "", @progbits
