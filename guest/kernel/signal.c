// Signals, as far as one process can send them to itself or raise them by an exception: ignored ones are dropped, blocked ones
// wait, handlers are called, and any other ends the program as its default action would.
#include "hypercall.h"
#include "kernel.h"
#include "local.h"
#include "memory.h"
#include "signal.h"
#include "syscall.h"
#include "x86.h"

#define SIG_DFL     0               // asm-generic/signal-defs.h
#define SIG_IGN     1
#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL
#define MINSIGSTKSZ 2048

#define BIT(signal)  (1UL << ((signal) - 1))
// What the default action does not end: they are ignored, or would stop a process that nobody could continue.
#define HARMLESS     (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | 0xfUL << (SIGSTOP - 1))
#define UNBLOCKABLE  (BIT(SIGKILL) | BIT(SIGSTOP))

bool syscalls_are_traced;

static struct action actions[SIGNALS];
static const struct alternate_stack no_stack = { .flags = SS_DISABLE };
static struct alternate_stack alternate = { .flags = SS_DISABLE };
static u64 blocked, pending;
static struct signal_info trap_info;    // of the exception that is about to be handled

static const char *const names[] = {
    "signal 0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
    "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
};

static const char *name_of(u64 signal)
{
    return signal < sizeof(names) / sizeof(*names) ? names[signal] : "a real-time signal";
}

// The program ends as doom_program has settled it.
static __attribute__((noreturn)) void end(const struct context *context)
{
    u64 arguments[3] = { V2P(context), (u64)&vmas, current->stack_pointer };

    outl(HYPERCALL_CONTEXT, V2P(arguments));
    kill_program();
}

static void call_handler(struct context *context, const struct signal_info *info)
{
    u64 signal = info->signal;
    struct action action = actions[signal - 1];

    if (push_signal_frame(context, &action, info, blocked, &alternate) < 0) {
        doom_program(SIGSEGV, "%s: #PF page fault: no stack for the handler of %s", current->name, name_of(signal));
        end(context);
    }
    if (alternate.flags & SS_AUTODISARM)
        alternate = no_stack;
    blocked |= (action.mask | (action.flags & SA_NODEFER ? 0 : BIT(signal))) & ~UNBLOCKABLE;
    if (action.flags & SA_RESETHAND)
        actions[signal - 1].handler = SIG_DFL;
}

// What the program sent itself and does not block.
static void deliver_pending(struct context *context)
{
    u64 ready;

    while ((ready = pending & ~blocked)) {
        u64 signal = __builtin_ctzl(ready) + 1;
        u64 handler = actions[signal - 1].handler;
        struct signal_info info = { .signal = signal, .code = SI_TKILL, .value = INIT_PID };
        pending &= ~BIT(signal);
        if (handler == SIG_IGN || (handler == SIG_DFL && HARMLESS & BIT(signal)))
            continue;
        if (handler == SIG_DFL) {
            doom_program(signal, "%s: killed by %s (signal %d, sent by itself)", current->name, name_of(signal), (int)signal);
            end(context);
        }
        call_handler(context, &info);
    }
}

bool signal_is_handled(u64 signal, int code, u64 address)
{
    if (actions[signal - 1].handler <= SIG_IGN || blocked & BIT(signal))
        return false;
    trap_info = (struct signal_info){ .signal = signal, .code = code, .value = address };
    return true;
}

void deliver_trap(struct context *context)
{
    if (program_is_doomed())
        end(context);
    call_handler(context, &trap_info);
}

static long send(u64 signal)
{
    if (signal)
        pending |= BIT(signal);
    return 0;
}

static long sys_kill(int pid, u32 signal)
{
    if (signal > SIGNALS)
        return -EINVAL;
    return pid == INIT_PID || pid == 0 ? send(signal) : -ESRCH;
}

static long sys_tkill(int tid, u32 signal)
{
    if (tid <= 0 || signal > SIGNALS)
        return -EINVAL;
    return tid == INIT_PID ? send(signal) : -ESRCH;
}

static long sys_rt_sigprocmask(u32 how, u64 new, u64 old, u64 set_size)
{
    u64 set, before = blocked;

    if (set_size != sizeof(u64))
        return -EINVAL;
    if (new) {
        if (copy_from_user(&set, new, sizeof(set)) < 0)
            return -EFAULT;
        if (how > SIG_SETMASK)
            return -EINVAL;
        blocked = how == SIG_BLOCK ? blocked | set : how == SIG_UNBLOCK ? blocked & ~set : set;
        blocked &= ~UNBLOCKABLE;
    }
    return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

// Not while the program runs on the one that is to be given up.
static int set_alternate(struct alternate_stack stack, u64 rsp)
{
    int mode = stack.flags & ~SS_AUTODISARM;

    if (is_on_stack(rsp, &alternate))
        return -EPERM;
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
        return -EINVAL;
    if (mode == SS_DISABLE)
        stack = no_stack;
    else if (stack.size < MINSIGSTKSZ)
        return -ENOMEM;
    alternate = stack;
    return 0;
}

static long sys_sigaltstack(u64 new, u64 old, u64 rsp)
{
    struct alternate_stack stack, before = alternate;
    int error;

    if (!(before.flags & SS_DISABLE))
        before.flags = (before.flags & SS_AUTODISARM) | (is_on_stack(rsp, &alternate) ? SS_ONSTACK : 0);
    if (new) {
        if (copy_from_user(&stack, new, sizeof(stack)) < 0)
            return -EFAULT;
        error = set_alternate(stack, rsp);
        if (error)
            return error;
    }
    return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

static void sys_rt_sigreturn(struct context *context)
{
    struct alternate_stack stack;
    u64 mask;

    if (pop_signal_frame(context, &mask, &stack) < 0) {
        doom_program(SIGSEGV, "%s: rt_sigreturn with a bad frame at 0x%lx", current->name, context->frame.rsp);
        end(context);
    }
    blocked = mask & ~UNBLOCKABLE;
    set_alternate(stack, context->frame.rsp);   // what is wrong with it is no matter
}

// trap.S: the system calls that end with a look at what is pending.
void signal_syscall(struct context *context)
{
    struct trapframe *frame = &context->frame;

    switch ((u32)frame->rax) {
    case SYS_kill:
        frame->rax = sys_kill(frame->rdi, frame->rsi);
        break;
    case SYS_tkill:
        frame->rax = sys_tkill(frame->rdi, frame->rsi);
        break;
    case SYS_tgkill:
        frame->rax = (int)frame->rdi == INIT_PID ? sys_tkill(frame->rsi, frame->rdx) : (int)frame->rdi > 0 ? -ESRCH : -EINVAL;
        break;
    case SYS_sigaltstack:
        frame->rax = sys_sigaltstack(frame->rdi, frame->rsi, frame->rsp);
        break;
    case SYS_rt_sigprocmask:
        frame->rax = sys_rt_sigprocmask(frame->rdi, frame->rsi, frame->rdx, frame->r10);
        break;
    default:
        sys_rt_sigreturn(context);
    }
    if (syscalls_are_traced)
        outl(HYPERCALL_RETURNED, frame->rax);
    deliver_pending(context);
}

LOCAL_SYSCALL sys_rt_sigaction(u32 signal, u64 new, u64 old, u64 set_size)
{
    struct action action;

    if (set_size != sizeof(u64) || signal < 1 || signal > SIGNALS || (new && UNBLOCKABLE & BIT(signal)))
        return -EINVAL;
    if (new && copy_from_user(&action, new, sizeof(action)) < 0)
        return -EFAULT;
    if (old && copy_to_user(old, &actions[signal - 1], sizeof(action)) < 0)
        return -EFAULT;
    if (new) {
        actions[signal - 1] = action;
        if (action.handler == SIG_IGN)
            pending &= ~BIT(signal);
    }
    return 0;
}

LOCAL_SYSCALL sys_rt_sigpending(u64 set, u64 set_size)
{
    return set_size <= sizeof(pending) ? copy_to_user(set, &pending, set_size) : -EINVAL;
}
