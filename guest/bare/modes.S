// All the way from 16-bit real mode through protected mode to 64-bit mode, saying where it is. Boot `real16`, loaded at 0;
// 1 MiB of memory is enough.
#define CR0_PE       0x1
#define CR0_PG       0x80000000
#define CR4_PAE      0x20
#define MSR_EFER     0xC0000080
#define EFER_LME     0x100

#define CPUID_EXTENDED     0x80000000
#define CPUID_LONG_MODE    29           // bit of EDX of the leaf after it

#define CODE32       0x08
#define DATA         0x10
#define CODE64       0x18

#define STACK_TOP    0x7000
#define PML4         0x8000             // the rest of these pages is zero, as all fresh memory
#define PDPT         0x9000
#define PD           0xA000
#define TABLE        0x3                // present, writable
#define LARGE_PAGE   0x83               // present, writable, 2 MiB

.code16
.globl start
start:
    mov $STACK_TOP, %sp
    mov $real_text, %si
    call print

    // CPUID may have no extended leaves at all.
    mov $CPUID_EXTENDED, %eax
    cpuid
    cmp $(CPUID_EXTENDED + 1), %eax
    jb no_long_mode
    mov $(CPUID_EXTENDED + 1), %eax
    cpuid
    bt $CPUID_LONG_MODE, %edx
    jnc no_long_mode

    lgdt gdt_pointer
    mov %cr0, %eax
    or $CR0_PE, %eax
    mov %eax, %cr0
    // Only a far jump makes the CPU read the code segment from the GDT.
    ljmpl $CODE32, $protected

no_long_mode:
    mov $no_long_mode_text, %si
    call print
    hlt

.code32
protected:
    mov $DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $STACK_TOP, %esp
    mov $protected_text, %esi
    call print

    // The first 2 MiB, one to one: the code must be at the same address before and after paging.
    movl $(PDPT + TABLE), PML4
    movl $(PD + TABLE), PDPT
    movl $LARGE_PAGE, PD
    mov $PML4, %eax
    mov %eax, %cr3

    // The order is the architecture's: PAE and LME before PG (Intel SDM vol. 3, section 10.8.5).
    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
    // Still 32-bit code, in compatibility mode, until CS is a 64-bit segment.
    ljmp $CODE64, $long

.code64
long:
    mov $STACK_TOP, %esp
    mov $long_text, %esi
    call print
    hlt

// Prints the NUL-terminated text at SI, ESI or RSI: these instructions have the same bytes in all three modes.
print:
    lodsb
    test %al, %al
    jz 1f
    out %al, $0xe9
    jmp print
1:
    ret

real_text:         .asciz "real\n"
protected_text:    .asciz "protected\n"
long_text:         .asciz "long\n"
no_long_mode_text: .asciz "no long mode\n"

.balign 8
gdt:
    .quad 0
    .quad 0x00CF9B000000FFFF    // 32-bit code, base 0, limit 4 GiB
    .quad 0x00CF93000000FFFF    // data, the same
    .quad 0x00AF9B000000FFFF    // 64-bit code
gdt_pointer:
    .word . - gdt - 1
    .long gdt

.section .note.GNU-stack, "", @progbits
