// The system calls that send a signal, to the process or to one of its threads. There is no other process.
#include "kernel.h"
#include "memory.h"
#include "thread.h"

static bool is_self(int pid)
{
    return pid == INIT_PID || pid == 0;
}

long sys_kill(int pid, u32 signal, bool *elsewhere)
{
    struct signal_info info = { .signal = signal, .code = SI_USER, .value = INIT_PID };

    if (signal > SIGNALS)
        return -EINVAL;
    if (!is_self(pid) && pid != -1 && pid != -INIT_PID)
        return -ESRCH;
    if (pid == -1)
        return -ESRCH;              // all but oneself, and there are none
    if (signal)
        *elsewhere = post_to_process(&info);
    return 0;
}

static long send_to_thread(int tid, u32 signal, const struct signal_info *info)
{
    struct thread *thread;

    if (tid <= 0 || signal > SIGNALS)
        return -EINVAL;
    thread = thread_find(tid);
    if (!thread)
        return -ESRCH;
    if (signal)
        post_to_thread(thread, info);
    return 0;
}

long sys_tkill(int tid, u32 signal)
{
    struct signal_info info = { .signal = signal, .code = SI_TKILL, .value = INIT_PID };

    return send_to_thread(tid, signal, &info);
}

long sys_tgkill(int pid, int tid, u32 signal)
{
    if (pid <= 0)
        return -EINVAL;
    return pid == INIT_PID || tid <= 0 || signal > SIGNALS ? sys_tkill(tid, signal) : -ESRCH;
}

// The program says what the handler is told, but not which signal.
static int read_info(struct signal_info *info, u64 user, u32 signal)
{
    if (copy_from_user(info, user, sizeof(*info)) < 0)
        return -EFAULT;
    info->signal = signal;
    return 0;
}

long sys_rt_sigqueueinfo(int pid, u32 signal, u64 user, bool *elsewhere)
{
    struct signal_info info;

    if (read_info(&info, user, signal) < 0)
        return -EFAULT;
    if (pid != INIT_PID)
        return info.code >= 0 || info.code == SI_TKILL ? -EPERM : -ESRCH;
    if (signal > SIGNALS)
        return -EINVAL;
    if (signal)
        *elsewhere = post_to_process(&info);
    return 0;
}

long sys_rt_tgsigqueueinfo(int pid, int tid, u32 signal, u64 user)
{
    struct signal_info info;

    if (read_info(&info, user, signal) < 0)
        return -EFAULT;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    if (info.code >= 0 || info.code == SI_TKILL)
        if ((u32)tid != this_thread()->tid && pid != INIT_PID)
            return -EPERM;
    return pid == INIT_PID ? send_to_thread(tid, signal, &info) : -ESRCH;
}
