// Stores to a guest-physical address that is neither memory nor a device. Boot `long64`. The identity map ends where memory
// does, so the page is mapped first. Its address is in the first GiB, far above the memory a test gives its VM.
#include "memlayout.h"

#define ADDRESS     0x30000000
#define LARGE_PAGE  0x200000
#define LARGE_PDE   0x83             // present, writable, 2 MiB

.code64
.globl start
start:
    movq $(ADDRESS + LARGE_PDE), BOOT_PD + ADDRESS / LARGE_PAGE * 8
    mov $0x55, %eax
    mov %eax, ADDRESS
    hlt

.section .note.GNU-stack, "", @progbits
