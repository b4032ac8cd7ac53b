// Writes 500 bytes of text to port 0x220, one by one. Where the host coalesces that port's writes, they wait in a ring for the
// next exit, here the `hlt`. Boot `long64`.
#define PORT  0x220
#define LINES 18                // 9 of 27 bytes, 9 of 28, and the 5 of `done`: 500

.code64
.globl start
start:
    mov $1, %ebx
1:
    lea before(%rip), %rsi
    call print
    mov %ebx, %eax
    mov $10, %ecx
    xor %edx, %edx
    div %ecx
    mov %edx, %ecx
    test %eax, %eax
    jz 2f
    add $'0', %eax
    call put_byte
2:
    mov %ecx, %eax
    add $'0', %eax
    call put_byte
    lea after(%rip), %rsi
    call print
    inc %ebx
    cmp $LINES, %ebx
    jbe 1b
    lea done(%rip), %rsi
    call print
    hlt

put_byte:
    mov $PORT, %edx
    out %al, %dx
    ret

#include "print.inc"

before: .asciz "line "
after:  .asciz " of coalesced output\n"
done:   .asciz "done\n"

.section .note.GNU-stack, "", @progbits
