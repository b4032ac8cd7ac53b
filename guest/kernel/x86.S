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

// u32 cpuid_1_ecx(void)
.globl cpuid_1_ecx
cpuid_1_ecx:
    push %rbx
    mov $1, %eax
    xor %ecx, %ecx
    cpuid
    mov %ecx, %eax
    pop %rbx
    ret

// bool rdrand(u64 *value)
.globl rdrand
rdrand:
    rdrand %rax
    mov %rax, (%rdi)
    setc %al
    ret

.section .note.GNU-stack, "", @progbits
