// A triple fault: with an empty IDT neither the exception nor the double fault can be delivered. Boot `long64`.
.code64
.globl start
start:
    lidt null_idt(%rip)
    ud2

null_idt:
    .word 0
    .quad 0

.section .note.GNU-stack, "", @progbits
