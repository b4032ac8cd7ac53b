// Loads and stores of every size at device registers in memory, which are to keep what is written to them. Boot `long64`. The
// identity map ends where memory does, so the page is mapped first.
#include "memlayout.h"

#define REGISTER_BANK 0x20000000
#define REGISTER_ID   0x10
#define LARGE_PAGE    0x200000
#define LARGE_PDE     0x83              // present, writable, 2 MiB

.macro show digits
    mov $' ', %al
    call put_byte
    mov $\digits, %ecx
    call print_hex
.endm

.code64
.globl start
start:
    movq $(REGISTER_BANK + LARGE_PDE), BOOT_PD + REGISTER_BANK / LARGE_PAGE * 8
    mov $REGISTER_BANK, %edi

    // One store, seen through loads of every size.
    lea loads_text(%rip), %rsi
    call print
    mov $0x1122334455667788, %rax
    mov %rax, 8(%rdi)
    mov 8(%rdi), %bl
    show 2
    mov 8(%rdi), %bx
    show 4
    mov 8(%rdi), %ebx
    show 8
    mov 8(%rdi), %rbx
    show 16

    // Stores of every size, seen through one load.
    lea stores_text(%rip), %rsi
    call print
    movb $0x18, 8(%rdi)
    movb $0x17, 9(%rdi)
    movw $0x1516, 10(%rdi)
    movl $0x11121314, 12(%rdi)
    mov 8(%rdi), %rbx
    show 16

    lea word_text(%rip), %rsi
    call print
    movl $0x11223344, (%rdi)
    mov (%rdi), %ebx
    show 8

    lea id_text(%rip), %rsi
    call print
    mov REGISTER_ID(%rdi), %ebx
    show 8
    mov $'\n', %al
    call put_byte
    hlt

#include "print.inc"
#include "debug-port.inc"

loads_text:  .asciz "loads"
stores_text: .asciz "\nstores"
word_text:   .asciz "\nword"
id_text:     .asciz "\nid"

.section .note.GNU-stack, "", @progbits
