// Stores to memory the scenario made read-only: its page tables allow it, so only the host can object. Boot `long64`, with a
// read-only region at 0x100000.
#define ROM 0x100000

.code64
.globl start
start:
    mov $0x1122334455667788, %rbx
    mov $ROM, %edi
    // Loads are allowed.
    mov (%rdi), %ecx
    mov %ebx, (%rdi)
    hlt

.section .note.GNU-stack, "", @progbits
