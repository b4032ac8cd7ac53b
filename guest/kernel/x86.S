// The instructions C has no words for, as C functions.

.text
// u64 rdmsr(u32 msr)
.globl rdmsr
rdmsr:
    mov %edi, %ecx
    rdmsr
    shl $32, %rdx
    or %rdx, %rax
    ret

// void wrmsr(u32 msr, u64 value)
.globl wrmsr
wrmsr:
    mov %edi, %ecx
    mov %rsi, %rax
    mov %rsi, %rdx
    shr $32, %rdx
    wrmsr
    ret

// u64 read_cr2(void)
.globl read_cr2
read_cr2:
    mov %cr2, %rax
    ret

// u64 rdtsc(void)
.globl rdtsc
rdtsc:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    ret

// void cpuid(u32 leaf, u32 *registers)
.globl cpuid
cpuid:
    push %rbx
    mov %edi, %eax
    xor %ecx, %ecx
    cpuid
    mov %eax, (%rsi)
    mov %ebx, 4(%rsi)
    mov %ecx, 8(%rsi)
    mov %edx, 12(%rsi)
    pop %rbx
    ret

// u64 read_cr4(void)
.globl read_cr4
read_cr4:
    mov %cr4, %rax
    ret

// void fxsave(void *area)
.globl fxsave
fxsave:
    fxsave64 (%rdi)
    ret

// void fxrstor(const void *area)
.globl fxrstor
fxrstor:
    fxrstor64 (%rdi)
    ret

// void invlpg(u64 address)
.globl invlpg
invlpg:
    invlpg (%rdi)
    ret

// void flush_tlb(void)
.globl flush_tlb
flush_tlb:
    mov %cr3, %rax
    mov %rax, %cr3
    ret

// bool rdrand(u64 *value)
.globl rdrand
rdrand:
    rdrand %rax
    mov %rax, (%rdi)
    setc %al
    ret

.section .note.GNU-stack, "", @progbits
