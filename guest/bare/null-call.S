// Calls through a wild pointer, to a page that is not present: the fetch faults, and without an IDT that is a triple fault.
// (A null pointer would not do: page 0 is mapped.) Boot `long64`, with at most 112 MiB of memory.
#define NOWHERE 0x7000000

.code64
.globl start
start:
    mov $0x1122334455667788, %rbx
    mov $NOWHERE, %eax
    lidt null_idt(%rip)
    call *%rax
    hlt

null_idt:
    .word 0
    .quad 0

.section .note.GNU-stack, "", @progbits
