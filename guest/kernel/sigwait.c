// The system calls that wait for a signal. The host does the waiting, in a ppoll of nothing, which ends by a notice; so the lock is
// let go of meanwhile. A notice that was for nothing, or of an earlier signal, is waited on after.
#include "kernel.h"
#include "lock.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"

// 0 when the time is over.
static long wait_for_notice(u64 timeout)
{
    long result;

    unlock();
    result = forward_call(SYS_ppoll, 0, 0, timeout, 0, 0, 0);
    lock();
    return result;
}

static bool was_interrupted(long result)
{
    return result == -ERESTARTNOHAND || result == -ERESTARTSYS || result == -ERESTART_RESTARTBLOCK || result == -EINTR;
}

// Until there is a signal to be delivered, which settles whether the call is made again.
long sys_pause(void)
{
    while (!(pending_signals() & ~this_thread()->blocked)) {
        long result = wait_for_notice(0);
        if (!was_interrupted(result) && result < 0)
            return result;
    }
    return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(u64 mask, u64 set_size)
{
    struct thread *thread = this_thread();
    u64 set;

    if (set_size != sizeof(u64))
        return -EINVAL;
    if (copy_from_user(&set, mask, sizeof(set)) < 0)
        return -EFAULT;
    thread->saved_mask = thread->blocked;
    thread->restores_mask = true;
    thread->blocked = set & ~UNBLOCKABLE;
    return sys_pause();
}

static bool is_zero(u64 timeout)
{
    u64 time[2];

    return timeout && copy_from_user(time, timeout, sizeof(time)) == 0 && !time[0] && !time[1];
}

// A timeout begins anew after a notice that was for nothing.
static long take_or_wait(u64 set, u64 timeout, struct signal_info *info)
{
    struct thread *thread = this_thread();
    long result = -EAGAIN;
    bool waits = !is_zero(timeout);

    for (;;) {
        u64 signal = take_signal(set, true, info);
        if (signal)
            return signal;
        if (!waits)
            return result;
        if (pending_signals() & ~thread->blocked)
            return -EINTR;
        thread->awaited = set;
        result = wait_for_notice(timeout);
        thread->awaited = 0;
        waits = was_interrupted(result);
        if (!result)
            result = -EAGAIN;
    }
}

long sys_rt_sigtimedwait(u64 set, u64 info, u64 timeout, u64 set_size)
{
    struct signal_info taken;
    u64 wanted;
    long signal;

    if (set_size != sizeof(u64))
        return -EINVAL;
    if (copy_from_user(&wanted, set, sizeof(wanted)) < 0)
        return -EFAULT;
    signal = take_or_wait(wanted & ~UNBLOCKABLE, timeout, &taken);
    return signal > 0 && info && copy_to_user(info, &taken, sizeof(taken)) < 0 ? -EFAULT : signal;
}
