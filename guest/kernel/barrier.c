// What threads ask of the processors: to let another one go on, and to have all memory accesses of the others behind them.
#include "hypercall.h"
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "x86.h"

#define QUERY                        0          // linux/membarrier.h: MEMBARRIER_CMD_
#define GLOBAL                       (1 << 0)
#define GLOBAL_EXPEDITED             (1 << 1)
#define REGISTER_GLOBAL_EXPEDITED    (1 << 2)
#define PRIVATE_EXPEDITED            (1 << 3)
#define REGISTER_PRIVATE_EXPEDITED   (1 << 4)
#define PRIVATE_SYNC_CORE            (1 << 5)
#define REGISTER_PRIVATE_SYNC_CORE   (1 << 6)
#define ALL                          0x7f

static u32 registered;

LOCAL_SYSCALL sys_sched_yield(void)
{
    if (several_threads())
        outl(HYPERCALL_YIELD, 0);
    return 0;
}

// A vCPU that is made to forget addresses has left its program on the way, and so all it did before is done.
static long barrier(void)
{
    if (several_threads())
        hypercall_flush();
    return 0;
}

LOCAL_SYSCALL sys_membarrier(u32 command, u32 flags)
{
    if (flags)
        return -EINVAL;
    switch (command) {
    case QUERY:
        return ALL;
    case GLOBAL:
    case GLOBAL_EXPEDITED:
        return barrier();
    case PRIVATE_EXPEDITED:
    case PRIVATE_SYNC_CORE:
        return registered & command << 1 ? barrier() : -EPERM;
    case REGISTER_GLOBAL_EXPEDITED:
    case REGISTER_PRIVATE_EXPEDITED:
    case REGISTER_PRIVATE_SYNC_CORE:
        __atomic_fetch_or(&registered, command, __ATOMIC_RELAXED);
        return 0;
    default:
        return -EINVAL;
    }
}
