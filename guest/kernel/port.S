// The port instructions every hypercall is made of.

.text
// long outl(u16 port, u32 value): what is in RAX afterwards, which is the result of the calls that answer there.
.globl outl
outl:
    mov %edi, %edx
    mov %esi, %eax
    out %eax, %dx
    ret

// int inl(u16 port)
.globl inl
inl:
    mov %edi, %edx
    in %dx, %eax
    ret

// void halt(void), for ever
.globl halt
halt:
    hlt
    jmp halt

.section .note.GNU-stack, "", @progbits
