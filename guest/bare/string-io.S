// String I/O: one instruction, many transfers. How many of them share an exit is up to KVM. Prints by `rep outs` of every size,
// then reads four bytes from the serial port by `rep insb` and prints them. Boot `long64`.
#include "serial.h"

.code64
.globl start
start:
    mov $0xe9, %edx
    lea bytes(%rip), %rsi
    mov $(bytes_end - bytes), %ecx
    rep outsb
    lea words(%rip), %rsi
    mov $((words_end - words) / 2), %ecx
    rep outsw
    lea longs(%rip), %rsi
    mov $((longs_end - longs) / 4), %ecx
    rep outsl

    // Once the first byte is there, the others follow it at once.
    mov $SERIAL_LSR, %edx
1:
    in %dx, %al
    test $LSR_DATA_READY, %al
    jz 1b
    mov $SERIAL_DATA, %edx
    lea input(%rip), %rdi
    mov $(input_end - input), %ecx
    rep insb

    mov $0xe9, %edx
    lea answer(%rip), %rsi
    mov $(answer_end - answer), %ecx
    rep outsb
    hlt

bytes:     .ascii "by outsb: abc\n"
bytes_end:
words:     .ascii "by outsw: abcd.\n"
words_end:
longs:     .ascii "by outsl: abcdefgh.\n"
longs_end:
answer:    .ascii "by insb: "
input:     .ascii "----"
input_end: .ascii "\n"
answer_end:

.section .note.GNU-stack, "", @progbits
