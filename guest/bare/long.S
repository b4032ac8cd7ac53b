// Long mode: prints a line's worth of characters, one exit each, and halts. Boot `long64`, loaded at 0.
.code64
.globl start
start:
    mov $0x217, %dx
    lea text(%rip), %rsi
    mov $(text_end - text), %ecx
1:
    lodsb
    out %al, %dx
    loop 1b
    hlt

text: .ascii "ABCD123"
text_end:

.section .note.GNU-stack, "", @progbits
