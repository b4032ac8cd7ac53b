// What ulib.h says and C cannot.

.text
// long syscall3(long number, a, b, c)
.globl syscall3
syscall3:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    syscall
    ret

// void *memcpy(void *to, const void *from, size_t size)
.globl memcpy
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    rep movsb
    ret

// void *memset(void *to, int byte, size_t size)
.globl memset
memset:
    mov %rdi, %r8
    mov %esi, %eax
    mov %rdx, %rcx
    rep stosb
    mov %r8, %rax
    ret

.section .note.GNU-stack, "", @progbits
