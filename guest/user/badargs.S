// What badargs must see of the registers.

.text
// unsigned long read_fs(void): the word FS points to
.globl read_fs
read_fs:
    mov %fs:0, %rax
    ret

.macro set register, value
    mov $\value, %\register
.endm

// Shifts into R12 whether a register is not what it should be.
.macro expect register, value
    xor %eax, %eax
    cmp $\value, %\register
    setne %al
    shl $1, %r12
    or %rax, %r12
.endm

// unsigned long registers_changed(long number): makes a system call; a bit for each register that is not as Linux's ABI leaves it
.globl registers_changed
registers_changed:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rdi, %rax
    set rbx, 0x1000
    set rdi, -1
    set rsi, 0x1002
    set rdx, 0x1003
    set rbp, 0x1004
    set r8, 0x1008
    set r9, 0x1009
    set r10, 0x100a
    set r13, 0x100d
    set r14, 0x100e
    set r15, 0x100f
    mov %rsp, %r12
    syscall
after_syscall:
    cmp %rsp, %r12
    mov $0, %r12d
    setne %r12b
    expect rbx, 0x1000
    expect rdi, -1
    expect rsi, 0x1002
    expect rdx, 0x1003
    expect rbp, 0x1004
    expect r8, 0x1008
    expect r9, 0x1009
    expect r10, 0x100a
    expect r13, 0x100d
    expect r14, 0x100e
    expect r15, 0x100f
    lea after_syscall(%rip), %rdx
    sub %rdx, %rcx
    expect rcx, 0
    and $~0x8d5, %r11               // but for the arithmetic flags: IF and the bit that is always set
    expect r11, 0x202
    mov %r12, %rax
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

.section .note.GNU-stack, "", @progbits
