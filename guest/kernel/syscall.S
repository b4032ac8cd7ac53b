// System calls. They arrive in two ways:
//
//   syscall_entry  by SYSCALL, on a processor that has it: ring 0, RCX = return address, R11 = flags, user stack.
//   page_fault     where KVM does not virtualize SYSCALL: execution goes on at LSTAR in ring 3 with RCX and R11 set as
//                  SYSCALL sets them, and the fetch from that kernel page faults. So a #PF with RIP = SYSCALL_ENTRY
//                  is a system call.
//
// Most calls go to the host, in one exit and straight from here: the user's registers are still in place and the host
// reads what it needs. Budget of that path, from the fault to IRETQ: 18 instructions (a microsecond each there).
//
// Ring 3 can jump to SYSCALL_ENTRY itself, so nothing in RCX and R11 is trusted in either case.
#include "hypercall.h"
#include "memlayout.h"
#include "vmlayout.h"
#include "mmu.h"
#include "syscall.h"
#include "thread.h"

#define EFAULT     14
#define NOTICE_BIT 62                // of HYPERCALL_NOTICE, and not of HYPERCALL_FAULT

// Sets CF when the low 16 bits of RAX may be the number of a call served here. A 16-bit bit index cannot reach further
// than 4 KiB from the bitmap, so it needs no bounds check: whatever else it hits only leads to the exact check at `local`.
.macro test_if_local
    btw %ax, local_syscalls(%rip)
.endm

// The frame that a #PF leaves, on the kernel's stack. RSP is in the block already, the flags are in R11. Ring 3's GS afterwards.
.macro native_frame rip
    mov %gs:THREAD_STACK_TOP, %rsp
    pushq $(USER_DATA_SELECTOR | RPL_USER)
    pushq %gs:THREAD_USER_RSP
    push %r11
    pushq $(USER_CODE_SELECTOR | RPL_USER)
    pushq \rip
    pushq $0
    swapgs
.endm

// GS is the thread's block here and ring 3's everywhere else: nothing may happen between the two SWAPGS, and nothing does.
.section .text.syscall_entry, "ax"
.globl syscall_entry
syscall_entry:
    swapgs
    test_if_local
    jc native_local
    // Nothing is pushed: the stack is still the user's, and none is needed.
    mov %rcx, %gs:THREAD_USER_RIP
    // SYSRET with a non-canonical RCX would fault in ring 0 on the user's stack.
    cmpl $USER_END_HIGH, %gs:(THREAD_USER_RIP + 4)
    jae native_local
    mov %rdx, %rcx
    mov $HYPERCALL_SYSCALL, %edx
    out %eax, %dx
    test %rdx, %rdx
    js native_report
    mov %rcx, %rdx
    mov %gs:THREAD_USER_RIP, %rcx
    and $USER_FLAGS, %r11d
    swapgs
    sysretq

// HYPERCALL_FAULT: makes the whole call again, with a stack. HYPERCALL_NOTICE: goes on as `notice` does. C is linked elsewhere.
native_report:
    bt $NOTICE_BIT, %rdx
    jc native_notice
    mov %rcx, %rdx
    mov %gs:THREAD_USER_RIP, %rcx
native_local:
    mov %rsp, %gs:THREAD_USER_RSP
    native_frame %rcx
    jmp *check_and_serve_address(%rip)

native_notice:
    mov %rsp, %gs:THREAD_USER_RSP
    and $USER_FLAGS, %r11d
    native_frame %gs:THREAD_USER_RIP
    jmp *notice_address(%rip)

.section .text.trap, "ax"
// On the stack: 0 error code, 8 RIP, 16 CS, 24 RFLAGS, 32 RSP, 40 SS. Ring 0 never faults at SYSCALL_ENTRY (its one
// memory operand is the kernel's own), so CS needs no look.
.globl page_fault
page_fault:
    cmpq $SYSCALL_ENTRY, 8(%rsp)
    jne vector14
check_and_serve:
    mov %rcx, 8(%rsp)
    cmpl $USER_END_HIGH, 12(%rsp)
    jae wild_return
    and $USER_FLAGS, %r11d
    mov %r11, 24(%rsp)
    test_if_local
    jc local
forward:
    mov %rdx, %rcx
    mov $HYPERCALL_SYSCALL, %edx
again:
    out %eax, %dx
    test %rdx, %rdx
    js fault                        // HYPERCALL_FAULT
answered:
    mov %rcx, %rdx
    pop %rcx                        // the error code
    mov (%rsp), %rcx
    iretq

// The host needs a page of the program's that is not there yet, and RAX is still the number of the call; or it has a notice.
fault:
    bt $NOTICE_BIT, %rdx
    jc notice
    push %rax
    push %rcx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov %rdx, %rdi
    call host_fault
    mov $HYPERCALL_SYSCALL, %edx
    test %al, %al
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rcx
    pop %rax
    jnz again
    mov $-EFAULT, %rax
    jmp answered

// Served here, by C functions that preserve every register but RAX (syscall.c), from the table that also made the bitmap.
// RCX and R11 are in the frame already. 22 instructions and the function's own.
local:
    mov %eax, %eax                  // like Linux, only the low half counts
    cmp $SYSCALL_LOCAL_MAX, %eax
    ja not_local
    lea syscall_table(%rip), %rcx
    mov (%rcx, %rax, 8), %r11
    test %r11, %r11
    jz not_local
    mov %r10, %rcx                  // the fourth argument, as C has it
    call *%r11
    pop %rcx                        // the error code
    mov (%rsp), %rcx
    mov 16(%rsp), %r11
    iretq

// Not in the table. Calls that wait with other signals blocked are the host's if they name none.
not_local:
    mov %r10, %r11                  // where each has its mask
    cmp $SYS_ppoll, %eax
    je 1f
    mov %r9, %r11
    cmp $SYS_pselect6, %eax
    je 1f
    mov %r8, %r11
    cmp $SYS_epoll_pwait, %eax
    je 1f
    cmp $SYS_epoll_pwait2, %eax
    jne 2f
1:
    test %r11, %r11
    jnz masked
2:
    mov 24(%rsp), %r11
    jmp forward
masked:
    sub $8, %rsp                    // as if called
    jmp signal_entry

wild_return:
    mov %rsp, %rdi
    call bad_syscall_return

.section .rodata
.balign 8
check_and_serve_address: .quad check_and_serve
notice_address: .quad notice

.section .note.GNU-stack, "", @progbits
