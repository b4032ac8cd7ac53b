// What a machine laid out region by region can do: a stack, a serial port and device registers in memory. Flat 64-bit code
// loaded and entered at 0x10000, under page tables (at 0x1000) and a GDT (at 0x5000) that the scenario's regions hold;
// RSP = 0x10000. Prints what it reads back from the registers, which are to keep what is written to them, and their id.
#ifndef REGISTER_BANK
#define REGISTER_BANK 0x20000000
#endif
#define REGISTER_ID   0x10

.code64
.globl start
start:
    lea name(%rip), %rsi
    call print

    mov $REGISTER_BANK, %edi
    movl $0x11223344, (%rdi)
    // Four stores of three sizes make one value of the largest.
    movb $0x88, 8(%rdi)
    movb $0x77, 9(%rdi)
    movw $0x5566, 10(%rdi)
    movl $0x11223344, 12(%rdi)

    lea bank_text(%rip), %rsi
    call print
    mov (%rdi), %ebx
    mov $8, %ecx
    call print_hex
    mov $' ', %al
    call put_byte
    mov 8(%rdi), %rbx
    mov $16, %ecx
    call print_hex

    lea id_text(%rip), %rsi
    call print
    mov REGISTER_ID(%rdi), %ebx
    mov $8, %ecx
    call print_hex
    mov $'\n', %al
    call put_byte
    hlt

#include "print.inc"
#include "serial.inc"

name:      .asciz "playground\n"
bank_text: .asciz "bank "
id_text:   .asciz "\nid "

.section .note.GNU-stack, "", @progbits
