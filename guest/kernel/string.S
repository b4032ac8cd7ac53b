// Memory functions, which the compiler also calls by itself. Where KVM emulates ring 0, a string instruction costs about a
// microsecond per iteration and a loop three: so eight bytes at a time, and nothing big is ever moved here.

.text
// void *memcpy(void *to, const void *from, size_t size)
.globl memcpy
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    shr $3, %rcx
    rep movsq
    mov %edx, %ecx
    and $7, %ecx
    rep movsb
    ret

// void *memset(void *to, int byte, size_t size)
.globl memset
memset:
    mov %rdi, %r8
    movzbl %sil, %eax
    movabs $0x0101010101010101, %rcx
    imul %rcx, %rax
    mov %rdx, %rcx
    shr $3, %rcx
    rep stosq
    mov %edx, %ecx
    and $7, %ecx
    rep stosb
    mov %r8, %rax
    ret

.section .note.GNU-stack, "", @progbits
