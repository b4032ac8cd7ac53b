// Where a program starts: the kernel left argc, argv, envp and the auxiliary vector on the stack. A static-pie moves its own
// addresses first, since nobody else does; in an ET_EXEC there is no _DYNAMIC and nothing to move.
.text
.weak _DYNAMIC
.hidden _DYNAMIC
.hidden __ehdr_start
.globl _start
_start:
    xor %ebp, %ebp
    mov %rsp, %rbx
    lea _DYNAMIC(%rip), %rdi
    test %rdi, %rdi
    jz 1f
    lea __ehdr_start(%rip), %rsi
    call relocate
1:
    mov (%rbx), %rdi                // argc
    lea 8(%rbx), %rsi               // argv
    lea 16(%rbx, %rdi, 8), %rdx     // envp
    call main
    mov %eax, %edi
    call exit

.section .note.GNU-stack, "", @progbits
