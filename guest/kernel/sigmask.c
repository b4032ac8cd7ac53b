// What a program says of its signals: what they do, for all its threads; which of them this thread blocks, and where it handles them.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "thread.h"

#define SIG_BLOCK   0               // asm-generic/signal-defs.h
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define MINSIGSTKSZ 2048

long sys_rt_sigprocmask(u32 how, u64 new, u64 old, u64 set_size)
{
    struct thread *thread = this_thread();
    u64 set, before = thread->blocked;

    if (set_size != sizeof(u64))
        return -EINVAL;
    if (new) {
        if (copy_from_user(&set, new, sizeof(set)) < 0)
            return -EFAULT;
        if (how > SIG_SETMASK)
            return -EINVAL;
        thread->blocked = (how == SIG_BLOCK ? before | set : how == SIG_UNBLOCK ? before & ~set : set) & ~UNBLOCKABLE;
        retarget_signals(thread->blocked & ~before);
    }
    return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

// Not while the program runs on the one that is to be given up.
int set_alternate_stack(struct alternate_stack stack, u64 rsp)
{
    struct alternate_stack *alternate = &this_thread()->alternate;
    int mode = stack.flags & ~SS_AUTODISARM;

    if (is_on_stack(rsp, alternate))
        return -EPERM;
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
        return -EINVAL;
    if (mode == SS_DISABLE)
        stack = (struct alternate_stack){ .flags = SS_DISABLE };
    else if (stack.size < MINSIGSTKSZ)
        return -ENOMEM;
    *alternate = stack;
    return 0;
}

long sys_sigaltstack(u64 new, u64 old, u64 rsp)
{
    struct alternate_stack stack, before = this_thread()->alternate;
    int error;

    if (!(before.flags & SS_DISABLE))
        before.flags = (before.flags & SS_AUTODISARM) | (is_on_stack(rsp, &before) ? SS_ONSTACK : 0);
    if (new) {
        if (copy_from_user(&stack, new, sizeof(stack)) < 0)
            return -EFAULT;
        error = set_alternate_stack(stack, rsp);
        if (error)
            return error;
    }
    return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

static long set_action(u32 signal, u64 new, u64 old)
{
    struct action action;

    if (new && copy_from_user(&action, new, sizeof(action)) < 0)
        return -EFAULT;
    if (old && copy_to_user(old, &actions[signal - 1], sizeof(action)) < 0)
        return -EFAULT;
    if (new) {
        actions[signal - 1] = action;
        if (signal_is_ignored(signal))
            forget_signal(signal);
    }
    return 0;
}

LOCAL_SYSCALL sys_rt_sigaction(u32 signal, u64 new, u64 old, u64 set_size)
{
    if (set_size != sizeof(u64) || signal < 1 || signal > SIGNALS || (new && UNBLOCKABLE & BIT(signal)))
        return -EINVAL;
    return locked(set_action(signal, new, old));
}

static long tell_pending(u64 set, u64 set_size)
{
    u64 pending = pending_signals() & this_thread()->blocked;

    return set_size <= sizeof(pending) ? copy_to_user(set, &pending, set_size) : -EINVAL;
}

LOCAL_SYSCALL sys_rt_sigpending(u64 set, u64 set_size)
{
    return locked(tell_pending(set, set_size));
}
