// A program with a result: says hello, leaves 42 in memory at 0x400 and in RAX, and halts. Boot `long64`, loaded at 0.
#define RESULT  0x400
#define ANSWER  42

.code64
.globl start
start:
    lea text(%rip), %rsi
    call print
    movl $ANSWER, result(%rip)
    mov $ANSWER, %eax
    hlt

#include "print.inc"
#include "debug-port.inc"

text: .asciz "Hello, world!\n"

// Part of the image, so that the assembler keeps code away from it.
.org RESULT
result: .long 0

.section .note.GNU-stack, "", @progbits
