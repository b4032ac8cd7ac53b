// What a process may ask about itself. There is one, and it is root in its own machine.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "x86.h"

#define ARCH_SET_GS 0x1001          // asm/prctl.h
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

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
        return locked(copy_to_user(address, &base, sizeof(base)));
    default:
        return -EINVAL;
    }
}
