// Executes `syscall` in ring 3 and reports, at the address LSTAR holds, the ring it arrived in.
#include "probe.h"
#include "memlayout.h"

#define MSR_STAR     0xC0000081
#define MSR_LSTAR    0xC0000082
#define MSR_SFMASK   0xC0000084

.code64
.globl start
start:
    mov $MSR_STAR, %ecx
    xor %eax, %eax
    mov $((USER_DATA_SELECTOR - 8) << 16 | KERNEL_CODE_SELECTOR), %edx
    wrmsr
    mov $MSR_LSTAR, %ecx
    lea arrived(%rip), %rax
    xor %edx, %edx
    wrmsr
    mov $MSR_SFMASK, %ecx
    xor %eax, %eax
    wrmsr
    lea ring3(%rip), %rdi
    jmp enter_ring3

ring3:
    syscall

arrived:
    mov %cs, %eax
    and $3, %eax
    REPORT
1:  jmp 1b

#include "ring3.inc"

.section .note.GNU-stack, "", @progbits
