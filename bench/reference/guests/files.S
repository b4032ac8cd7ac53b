// Opens a file and reads it 64 bytes at a time, 5,000 times, by the calls 0x8000 and 0x8001; halts when each gave 64 bytes.
// Everything is within the image, whose addresses are known here because it is loaded at 0.
.code16
start:
    mov $0x8000, %dx
    mov $path, %eax
    out %eax, %dx
    in %dx, %eax
    mov %eax, request
    mov $0x8001, %dx
    mov $5000, %ebx
round:
    mov $request, %eax
    out %eax, %dx
    in %dx, %eax
    cmp $64, %eax
    jne short_read
    dec %ebx
    jnz round
    hlt
short_read:
    ud2

path = . - start
    .asciz "/data/file"
.balign 8
request = . - start
    .quad 0, 0x1000, 64

.section .note.GNU-stack, "", @progbits
