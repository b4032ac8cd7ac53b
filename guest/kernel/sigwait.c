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

// The mask of a call that has one, 0 when it names none after all; its words are the program's.
static int read_mask(const struct trapframe *frame, u64 *set, bool *has_mask)
{
    u64 words[2] = { frame->r8, frame->r9 };

    if (frame->rax == SYS_ppoll) {
        words[0] = frame->r10;
        words[1] = frame->r8;
    } else if (frame->rax == SYS_pselect6 && copy_from_user(words, frame->r9, sizeof(words)) < 0) {
        return -EFAULT;
    }
    *has_mask = words[0];
    if (!words[0])
        return 0;
    if (words[1] != sizeof(*set))
        return -EINVAL;
    return copy_from_user(set, words[0], sizeof(*set));
}

// The call without its mask, which is in force meanwhile. A signal that it lets through ends the wait at once, if nothing is ready.
long sys_masked(const struct context *context)
{
    const struct trapframe *frame = &context->frame;
    struct thread *thread = this_thread();
    u64 number = (u32)frame->rax, set;
    bool has_mask;
    long result = read_mask(frame, &set, &has_mask);

    if (result < 0)
        return result;
    if (has_mask) {
        thread->saved_mask = thread->blocked;
        thread->restores_mask = true;
        thread->blocked = set & ~UNBLOCKABLE;
        if (pending_signals() & ~thread->blocked)
            hypercall_notify(thread->number);
    }
    unlock();
    result = forward_call(number, frame->rdi, frame->rsi, frame->rdx, number == SYS_ppoll ? 0 : frame->r10,
                          number == SYS_ppoll || number == SYS_pselect6 ? frame->r8 : 0, 0);
    lock();
    if (!result && pending_signals() & ~thread->blocked)
        result = -ERESTARTNOHAND;   // rather than that the time is over
    if (has_mask && !was_interrupted(result)) {
        thread->restores_mask = false;
        thread->blocked = thread->saved_mask;
    }
    return result;
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
