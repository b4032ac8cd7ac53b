// Reads 2 GiB of random bytes with each call, for ever: 1,024 buffers, all the same 2 MiB, by the calls 0x8000 and 0x8012.
.code16
start:
    mov $0x8000, %dx
    mov $path, %eax
    out %eax, %dx
again:
    mov $0x8012, %dx
    mov $request, %eax
    out %eax, %dx
    jmp again

path = . - start
    .asciz "/dev/urandom"
.balign 8
request = . - start
    .quad 3, buffers, 1024, 0
buffers = . - start
.rept 1024
    .quad 0x200000, 0x200000
.endr

.section .note.GNU-stack, "", @progbits
