// From the boot protocol's state to C in the higher half.
// Entered with RDI = first free byte, RSI = bytes free, R8 = vCPU index, R9 = vCPU count and the boot stack, which is from RCX to RDX,
// or, where these are 0, at its usual place; R10 and R11 = memory above 4 GiB, and its bytes.
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"
#include "macros.h"
#include "thread.h"

// GUEST_TABLES holds the process's PML4 and the PDPT of the top of its user half: both pages are zero at entry.
#define PML4        GUEST_TABLES
#define USER_PDPT   (GUEST_TABLES + PAGE_SIZE)
#define BOOT_MAP    (BOOT_PDPT + PTE_P + PTE_W)

.text
.globl entry
entry:
    // The other vCPUs stay on the boot tables and the identity map, which is why neither is ever taken away.
    test %r8, %r8
    jnz halt

    // The boot PDPT, seen from PML4[256] (KERNBASE), from PML4[511] with index 510 (SYSCALL_BASE), and, for the way
    // up, from the boot PML4. These entries lack PTE_U, so user mode reaches nothing through them.
    movq $BOOT_MAP, BOOT_PML4 + KERNBASE_ENTRY * 8
    movq $BOOT_MAP, PML4 + KERNBASE_ENTRY * 8
    movq $BOOT_MAP, PML4 + 511 * 8
    movq $(BOOT_PD + PTE_P + PTE_W), BOOT_PDPT + 510 * 8
    movq $(USER_PDPT + PTE_P + PTE_W + PTE_U), PML4 + USER_TOP_ENTRY * 8
    movabs $higher_half, %rax
    jmp *%rax

higher_half:
    mov $PML4, %eax
    mov %rax, %cr3
    // The boot stack becomes the top of the user stack as it is: nothing of the kernel's may be left there.
    mov %rsp, %r12
    mov %rcx, %r15
    mov %rdx, %rbp
    lea (first_thread + THREAD_BLOCK)(%rip), %rsp
    mov %r9d, next_vcpu(%rip)
    mov %r10, high_memory(%rip)
    mov %r11, high_memory + 8(%rip)

    // The selectors are those of the boot GDT, so only the data segments, which user mode inherits, are reloaded.
    lgdt gdt_pointer(%rip)
    lidt idt_pointer(%rip)
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $TSS_SELECTOR, %eax
    ltr %ax

    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_SCE, %eax
    wrmsr
    set_msr MSR_STAR, $0, $STAR_HIGH
    set_msr MSR_LSTAR, $(SYSCALL_ENTRY & 0xFFFFFFFF), $(SYSCALL_ENTRY >> 32)
    set_msr MSR_SFMASK, $SFMASK, $0
    set_msr MSR_KERNEL_GS_BASE, $(first_thread - KERNBASE), $(KERNBASE >> 32)

    // What ring 3 may use: AVX and its kin by XCR0, as far as CPUID has them, and wrfsbase.
    mov %rdi, %r13
    mov %rsi, %r14
    mov $1, %eax
    xor %ecx, %ecx
    cpuid
    bt $CPUID_1_XSAVE, %ecx
    jnc 1f
    mov %cr4, %rax
    or $CR4_OSXSAVE, %eax
    mov %rax, %cr4
    mov $CPUID_XSTATE, %eax
    xor %ecx, %ecx
    cpuid
    and $XCR0_USABLE, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    mov %eax, xcr0(%rip)
    xsetbv
1:
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    bt $CPUID_7_FSGSBASE, %ebx
    jnc 2f
    mov %cr4, %rax
    or $CR4_FSGSBASE, %eax
    mov %rax, %cr4
2:
    mov %r13, %rdi
    mov %r14, %rsi

    // main(first_free, free_bytes, boot_stack_pointer, its stack's first byte, its end)
    mov %r12, %rdx
    mov %r15, %rcx
    mov %rbp, %r8
    call main

.section .note.GNU-stack, "", @progbits
