// The system calls that need no host: they take their arguments as C functions do and return a value or -errno.
#include "syscall.h"
#include "hypercall.h"
#include "kernel.h"
#include "mmu.h"
#include "trap.h"
#include "vmlayout.h"
#include "x86.h"

#define ARCH_SET_FS 0x1002          // asm/prctl.h
#define ARCH_GET_FS 0x1003

// The assembly saves no registers: each function saves those it uses, which are few.
#define SYSCALL __attribute__((no_caller_saved_registers)) static long

SYSCALL sys_getpid(void)
{
    return INIT_PID;
}

SYSCALL sys_exit(u64 status)
{
    hypercall_exit(status & 0xff);  // what a parent on Linux would see
}

SYSCALL sys_set_tid_address(void)
{
    // What is at the address matters only when another thread waits for this one's end.
    return INIT_PID;
}

SYSCALL sys_arch_prctl(u64 code, u64 address)
{
    u64 base;

    switch (code) {
    case ARCH_SET_FS:
        if (address >= USER_TOP)
            return -EPERM;
        wrmsr(MSR_FS_BASE, address);
        return 0;
    case ARCH_GET_FS:
        base = rdmsr(MSR_FS_BASE);
        return copy_to_user(address, &base, sizeof(base));
    default:
        return -EINVAL;
    }
}

typedef long (*syscall_t)(void);

#define ENTRY(unused, number, function) [number] = (syscall_t)(void *)function,
#define BIT(word, number, function) | ((number) / 64 == (word) ? 1UL << ((number) % 64) : 0)

const syscall_t syscall_table[SYSCALL_LOCAL_MAX + 1] = { LOCAL_SYSCALLS(ENTRY, ) };

const u64 local_syscalls[(SYSCALL_LOCAL_MAX + 1) / 64] = {
    0 LOCAL_SYSCALLS(BIT, 0),
    0 LOCAL_SYSCALLS(BIT, 1),
    0 LOCAL_SYSCALLS(BIT, 2),
    0 LOCAL_SYSCALLS(BIT, 3),
};

// Ring 3 asked to return to what is no user address: it jumped to the entry itself.
void bad_syscall_return(const u64 *frame)
{
    hypercall_panic("%s: #GP system call with the return address 0x%lx, RIP 0x%lx", current->name, frame[1], SYSCALL_ENTRY);
}
