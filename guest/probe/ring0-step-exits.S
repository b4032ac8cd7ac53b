// Reports, and waits for the host to step through what a kernel does while it boots, much of which KVM completes itself.
#include "probe.h"
#include "memlayout.h"

#define MSR_STAR     0xC0000081
#define BUFFER       0x20000

.code64
.globl start
start:
    mov $ANSWER, %eax
    REPORT
    mov $QUIET_PORT, %edx       // 1
    out %al, %dx                // 2
    in %dx, %al                 // 3
    xor %eax, %eax              // 4
    cpuid                       // 5
    mov $MSR_STAR, %ecx         // 6
    rdmsr                       // 7
    wrmsr                       // 8
    mov %cr3, %rax              // 9
    mov %rax, %cr3              // 10
    mov %cr4, %rax              // 11
    mov %rax, %cr4              // 12
    mov %cr0, %rax              // 13
    mov %rax, %cr0              // 14
    lgdt gdt_pointer(%rip)      // 15
    lidt idt_pointer(%rip)      // 16
    invlpg BUFFER               // 17
    mov $1, %ecx                // 18
    mov $2, %ecx                // 19
    hlt

gdt_pointer:
    .word 0x47
    .quad BOOT_GDT
idt_pointer:
    .word 0xFFF
    .quad IDT

.section .note.GNU-stack, "", @progbits
