// What a process may ask about itself. There is one, of one thread, and it is root in its own machine.
#include "kernel.h"
#include "local.h"
#include "memory.h"
#include "x86.h"

#define ARCH_SET_GS 0x1001          // asm/prctl.h
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004
#define FUTEX_WAIT        0         // linux/futex.h
#define FUTEX_WAKE        1
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_CMD_MASK    0x7f

struct process *current;

LOCAL_SYSCALL sys_getpid(void)
{
    return INIT_PID;
}

// Parent and user are 0, and what asks for success alone has it.
LOCAL_SYSCALL sys_zero(void)
{
    return 0;
}

LOCAL_SYSCALL sys_enosys(void)
{
    return -ENOSYS;
}

LOCAL_SYSCALL sys_getpgid(int pid)
{
    return pid == 0 || pid == INIT_PID ? INIT_PID : -ESRCH;
}

LOCAL_SYSCALL sys_exit(u64 status)
{
    hypercall_exit(status & 0xff);  // what a parent on Linux would see
}

LOCAL_SYSCALL sys_arch_prctl(u64 code, u64 address)
{
    u32 msr = code == ARCH_SET_FS || code == ARCH_GET_FS ? MSR_FS_BASE : MSR_GS_BASE;
    u64 base;

    switch (code) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (address >= USER_TOP)
            return -EPERM;
        wrmsr(msr, address);
        return 0;
    case ARCH_GET_FS:
    case ARCH_GET_GS:
        base = rdmsr(msr);
        return copy_to_user(address, &base, sizeof(base));
    default:
        return -EINVAL;
    }
}

// Nobody else could wait, and nobody could wake this thread.
LOCAL_SYSCALL sys_futex(u64 address, u64 operation, u32 value, u64 timeout)
{
    u32 word;

    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return 0;
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        if (address & 3)
            return -EINVAL;
        if (copy_from_user(&word, address, sizeof(word)) < 0)
            return -EFAULT;
        return word != value || !timeout ? -EAGAIN : -ETIMEDOUT;
    default:
        return -ENOSYS;
    }
}
