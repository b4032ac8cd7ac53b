// Sets up a 16550 as a driver does, then sends back in upper case what it receives. Boot `long64`.
#include "serial.h"

#define LCR_DIVISOR  0x80
#define LCR_8N1      0x03
// 300 baud: both bytes of the divisor differ from zero, so it shows if they end in other registers.
#define DIVISOR      0x0180
#define SCRATCH      0x5a
// A serial line has no end of input; this much silence is taken for it.
#define EMPTY_POLLS  500

.code64
.globl start
start:
    mov $SERIAL_LCR, %edx
    mov $LCR_DIVISOR, %al
    out %al, %dx
    mov $SERIAL_DATA, %edx
    mov $(DIVISOR & 0xff), %al
    out %al, %dx
    mov $SERIAL_IER, %edx
    mov $(DIVISOR >> 8), %al
    out %al, %dx
    in %dx, %al
    mov %al, %bh
    mov $SERIAL_DATA, %edx
    in %dx, %al
    mov %al, %bl
    movzwl %bx, %r12d
    mov $SERIAL_LCR, %edx
    mov $LCR_8N1, %al
    out %al, %dx

    // No interrupts were asked for: the divisor's high byte must not have gone here.
    mov $SERIAL_IER, %edx
    in %dx, %al
    movzbl %al, %r13d
    mov $SERIAL_SCR, %edx
    mov $SCRATCH, %al
    out %al, %dx
    xor %eax, %eax
    in %dx, %al
    movzbl %al, %r14d

    lea divisor_text(%rip), %rsi
    call print
    mov %r12, %rbx
    mov $4, %ecx
    call print_hex
    lea ier_text(%rip), %rsi
    call print
    mov %r13, %rbx
    mov $2, %ecx
    call print_hex
    lea scratch_text(%rip), %rsi
    call print
    mov %r14, %rbx
    mov $2, %ecx
    call print_hex
    mov $'\n', %al
    call put_byte

listen:
    mov $EMPTY_POLLS, %ecx
    mov $SERIAL_LSR, %edx
1:
    in %dx, %al
    test $LSR_DATA_READY, %al
    jnz receive
    dec %ecx
    jnz 1b
    mov $'\n', %al
    call put_byte
    hlt

receive:
    mov $SERIAL_DATA, %edx
    in %dx, %al
    cmp $'a', %al
    jb 1f
    cmp $'z', %al
    ja 1f
    sub $('a' - 'A'), %al
1:
    call put_byte
    jmp listen

#include "print.inc"
#include "serial.inc"

divisor_text: .asciz "divisor "
ier_text:     .asciz " ier "
scratch_text: .asciz " scratch "

.section .note.GNU-stack, "", @progbits
