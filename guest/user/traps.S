// The instructions that trap.
#include "hypercall.h"
#include "vmlayout.h"

#define SYS_getpid 39

.text
.globl raise_ud
raise_ud:
    ud2
    ret

.globl raise_gp
raise_gp:
    hlt
    ret

.globl raise_io
raise_io:
    mov $0xe9, %edx
    mov $'!', %eax
    out %al, %dx
    ret

// Straight to the host, as a kernel would ask for it.
.globl raise_hypercall
raise_hypercall:
    mov $HYPERCALL_EXIT, %edx
    xor %eax, %eax
    out %eax, %dx
    ret

.globl raise_de
raise_de:
    xor %edx, %edx
    div %edx
    ret

.globl raise_bp
raise_bp:
    int3
    ret

.globl raise_int80
raise_int80:
    mov $20, %eax                   // getpid of the 32-bit ABI
    int $0x80
    ret

.globl raise_db
raise_db:
    pushfq
    orq $0x100, (%rsp)              // TF
    popfq
    nop
    ret

.globl execute_null
execute_null:
    xor %eax, %eax
    jmp *%rax

// Down through the whole stack, page by page, and out of it.
.globl overflow_stack
overflow_stack:
    sub $4096, %rsp
    movq $0, (%rsp)
    jmp overflow_stack

// void jump_lstar(long number, unsigned long return_address)
.globl jump_lstar
jump_lstar:
    mov %rdi, %rax
    mov %rsi, %rcx
    mov $0x202, %r11d
    mov $-1, %rdi
    mov $SYSCALL_ENTRY, %rdx
    jmp *%rdx

// unsigned long jump_lstar_for_flags(void)
.globl jump_lstar_for_flags
jump_lstar_for_flags:
    mov $SYS_getpid, %eax
    lea 1f(%rip), %rcx
    mov $~0x100, %r11               // TF would trap at the next instruction
    mov $SYSCALL_ENTRY, %rdx
    jmp *%rdx
1:
    pushfq
    pop %rax
    // Alignment checks and a backward direction would break what follows.
    pushq $2
    popfq
    ret

.section .note.GNU-stack, "", @progbits
