// Entry of stub32.elf, as `protected32` enters it: 32-bit code, flat segments, no paging. Turns 64-bit mode on and calls kmain,
// which is linked in the top 2 GiB.
#define CR0_PE       0x1
#define CR0_PG       0x80000000
#define CR4_PAE      0x20
#define MSR_EFER     0xC0000080
#define EFER_LME     0x100

#define CPUID_EXTENDED   0x80000000
#define CPUID_LONG_MODE  29             // bit of EDX of the leaf after it

#define CODE64       0x08
#define TABLE        0x3                // present, writable
#define LARGE_PAGE   0x83               // present, writable, 2 MiB
#define STACK_SIZE   0x1000
#define SERIAL_DATA  0x3f8

// Linked where it is loaded, unlike kmain.
.section .boot.text, "ax", @progbits
.code32
.globl start32
start32:
    mov $stack_top, %esp

    // CPUID may have no extended leaves at all.
    mov $CPUID_EXTENDED, %eax
    cpuid
    cmp $(CPUID_EXTENDED + 1), %eax
    jb no_long_mode
    mov $(CPUID_EXTENDED + 1), %eax
    cpuid
    bt $CPUID_LONG_MODE, %edx
    jnc no_long_mode

    // The first 2 MiB of memory twice, through the same tables: one to one for this code, and in the top 2 GiB for kmain.
    mov $(pdpt + TABLE), %eax
    mov %eax, pml4
    mov %eax, pml4 + 511 * 8
    mov $(pd + TABLE), %eax
    mov %eax, pdpt
    mov %eax, pdpt + 510 * 8
    movl $LARGE_PAGE, pd
    mov $pml4, %eax
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
    // The segments of the boot protocol have no descriptors; a far jump needs one.
    lgdt gdt_pointer
    ljmp $CODE64, $start64

no_long_mode:
    mov $no_long_mode_text, %esi
    mov $(no_long_mode_end - no_long_mode_text), %ecx
    mov $SERIAL_DATA, %edx
    rep outsb
    hlt

.code64
start64:
    // A call cannot reach the top 2 GiB by a distance from here.
    mov $kmain, %rax
    call *%rax
1:
    hlt
    jmp 1b

no_long_mode_text: .ascii "no long mode\n"
no_long_mode_end:

.balign 8
gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF    // 64-bit code
gdt_pointer:
    .word . - gdt - 1
    .long gdt

.section .boot.bss, "aw", @nobits
.balign 0x1000
pml4:  .skip 0x1000
pdpt:  .skip 0x1000
pd:    .skip 0x1000
stack: .skip STACK_SIZE
stack_top:

.text
// void serial_write(char value)
.globl serial_write
serial_write:
    mov $SERIAL_DATA, %edx
    mov %edi, %eax
    out %al, %dx
    ret

.section .note.GNU-stack, "", @progbits
