// Loads from a guest-physical address that is neither memory nor a device; unclaimed-mmio.S stores to it. Boot `long64`, with
// at most 768 MiB of memory. The identity map ends where memory does, so the page is mapped first.
#include "memlayout.h"

#define ADDRESS     0x30000000
#define LARGE_PAGE  0x200000
#define LARGE_PDE   0x83             // present, writable, 2 MiB

.code64
.globl start
start:
    mov $0x1122334455667788, %rbx
    movq $(ADDRESS + LARGE_PDE), BOOT_PD + ADDRESS / LARGE_PAGE * 8
    mov $ADDRESS, %edi
    mov (%rdi), %eax
    hlt

.section .note.GNU-stack, "", @progbits
