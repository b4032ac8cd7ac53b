// A triple fault in real mode. The interrupt table is made empty and moved to where no memory is: a CPU minds the first; KVM,
// where it emulates real mode, only the second. Boot `real16`, loaded at 0, with at most 3 GiB of memory.
.code16
.globl start
start:
    mov $0x11223344, %ebx
    mov $0xc0de, %cx
    // With a 32-bit base: the short form loads 24 bits of it.
    lidtl no_table
    ud2

no_table:
    .word 0
    .long 0xc0000000

.section .note.GNU-stack, "", @progbits
