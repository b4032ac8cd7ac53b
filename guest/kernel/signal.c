// Signals: ignored ones are dropped, blocked ones wait, handlers are called, and any other ends the program as its default action
// would. Each thread takes its own and the process's where it leaves the kernel: after system calls that send or unblock them, and
// after a notice.
#include "hypercall.h"
#include "kernel.h"
#include "lock.h"
#include "memory.h"
#include "signal.h"
#include "syscall.h"
#include "thread.h"
#include "x86.h"

#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL
#define SA_RESTART   0x10000000UL

#define NO_CALL       (-1L)         // instead of the number of one that may be made again

bool syscalls_are_traced;

static const struct alternate_stack no_stack = { .flags = SS_DISABLE };

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

// What makes no thread is left to the host after all, as any call that the kernel does not know.
static long clone_or_forward(const struct context *context, u64 number)
{
    const struct trapframe *frame = &context->frame;
    long result = number == SYS_clone ? sys_clone(context) : sys_clone3(context);

    if (result == -ENOSYS) {
        unlock();
        result = forward_call(number, frame->rdi, frame->rsi, frame->rdx, frame->r10, frame->r8, frame->r9);
        lock();
    }
    return result;
}

static void call_handler(struct context *context, const struct signal_info *info)
{
    struct thread *thread = this_thread();
    u64 signal = info->signal;
    struct action action = actions[signal - 1];
    u64 mask = thread->restores_mask ? thread->saved_mask : thread->blocked;

    if (push_signal_frame(context, &action, info, mask, &thread->alternate) < 0) {
        doom_program(SIGSEGV, "#PF page fault: no stack for the handler of %s", name_of(signal));
        end(context);
    }
    thread->restores_mask = false;
    if (thread->alternate.flags & SS_AUTODISARM)
        thread->alternate = no_stack;
    thread->blocked |= (action.mask | (action.flags & SA_NODEFER ? 0 : BIT(signal))) & ~UNBLOCKABLE;
    if (action.flags & SA_RESETHAND)
        actions[signal - 1].handler = SIG_DFL;
}

static bool was_interrupted(u64 result)
{
    return result == (u64)-ERESTARTSYS || result == (u64)-ERESTARTNOINTR || result == (u64)-ERESTARTNOHAND
        || result == (u64)-ERESTART_RESTARTBLOCK;
}

// What becomes of a system call that a signal ended, before that signal's handler is called (arch/x86/kernel/signal.c).
static void settle_call(struct trapframe *frame, long number, bool restarts)
{
    if (number == NO_CALL || !was_interrupted(frame->rax))
        return;
    if (restarts) {
        frame->rax = number;
        frame->rip -= SYSCALL_BYTES;
    } else {
        frame->rax = -EINTR;
    }
}

static void deliver(struct context *context, const struct signal_info *info, long number)
{
    u64 signal = info->signal, result = context->frame.rax;
    const struct action *action = &actions[signal - 1];

    if (action->handler == SIG_DFL) {
        doom_program(signal, "killed by %s (signal %d, sent by itself)", name_of(signal), (int)signal);
        end(context);
    }
    settle_call(&context->frame, number, result == (u64)-ERESTARTNOINTR || (result == (u64)-ERESTARTSYS && action->flags & SA_RESTART));
    call_handler(context, info);
}

// It may have another signal delivered, or none.
static bool ask_debugger(struct context *context, struct signal_info *info)
{
    u64 vector = context->frame.vector;

    unlock();
    context->frame.vector = 0;
    info->signal = debug_signal(context, info->signal);
    context->frame.vector = vector;
    lock();
    return info->signal && !signal_is_ignored(info->signal);
}

// It may have wanted to see the handler begin.
static void tell_debugger(struct context *context)
{
    if (!this_thread()->steps_into_handler)
        return;
    unlock();
    debug_step(context);
    lock();
}

// What there is for this thread and is not blocked. `number` is that of the system call that the program is about to return from.
static void deliver_pending(struct context *context, long number, bool of_process)
{
    struct thread *thread = this_thread();
    struct signal_info info;
    u64 signal;

    for (;;) {
        while ((signal = take_signal(~thread->blocked, of_process, &info))) {
            if (signal_is_ignored(signal) || (program_is_debugged && !ask_debugger(context, &info)))
                continue;
            deliver(context, &info, number);
            tell_debugger(context);
            number = NO_CALL;
        }
        if (!thread->restores_mask)
            break;
        thread->restores_mask = false;
        thread->blocked = thread->saved_mask;
    }
    settle_call(&context->frame, number, true);
}

bool signal_is_handled(u64 signal, int code, u64 address)
{
    struct thread *thread = this_thread();

    if (actions[signal - 1].handler <= SIG_IGN || thread->blocked & BIT(signal))
        return false;
    thread->trap_info = (struct signal_info){ .signal = signal, .code = code, .value = address };
    return true;
}

void deliver_trap(struct context *context)
{
    struct thread *thread = this_thread();

    if (program_is_doomed())
        end(context);
    lock();
    if (thread->trap_info.signal)
        call_handler(context, &thread->trap_info);
    thread->trap_info.signal = 0;
    deliver_pending(context, NO_CALL, true);
    unlock();
}

static void sys_rt_sigreturn(struct context *context)
{
    struct alternate_stack stack;
    u64 mask;

    if (pop_signal_frame(context, &mask, &stack) < 0) {
        doom_program(SIGSEGV, "rt_sigreturn with a bad frame at 0x%lx", context->frame.rsp);
        end(context);
    }
    this_thread()->blocked = mask & ~UNBLOCKABLE;
    set_alternate_stack(stack, context->frame.rsp);     // what is wrong with it is no matter
}

// True when what has been sent is another thread's to take.
static bool make_call(struct context *context)
{
    struct trapframe *frame = &context->frame;
    bool elsewhere = false;

    switch ((u32)frame->rax) {
    case SYS_clone:
    case SYS_clone3:
        frame->rax = clone_or_forward(context, (u32)frame->rax);
        break;
    case SYS_kill:
        frame->rax = sys_kill(frame->rdi, frame->rsi, &elsewhere);
        break;
    case SYS_tkill:
        frame->rax = sys_tkill(frame->rdi, frame->rsi);
        break;
    case SYS_tgkill:
        frame->rax = sys_tgkill(frame->rdi, frame->rsi, frame->rdx);
        break;
    case SYS_rt_sigqueueinfo:
        frame->rax = sys_rt_sigqueueinfo(frame->rdi, frame->rsi, frame->rdx, &elsewhere);
        break;
    case SYS_rt_tgsigqueueinfo:
        frame->rax = sys_rt_tgsigqueueinfo(frame->rdi, frame->rsi, frame->rdx, frame->r10);
        break;
    case SYS_pause:
        frame->rax = sys_pause();
        break;
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        frame->rax = sys_masked(context);
        break;
    case SYS_rt_sigsuspend:
        frame->rax = sys_rt_sigsuspend(frame->rdi, frame->rsi);
        break;
    case SYS_rt_sigtimedwait:
        frame->rax = sys_rt_sigtimedwait(frame->rdi, frame->rsi, frame->rdx, frame->r10);
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
    return elsewhere;
}

// Nearly always there is nothing to be delivered.
static bool is_settled(const struct trapframe *frame)
{
    const struct thread *thread = this_thread();

    return !(pending_signals() & ~thread->blocked) && !thread->restores_mask && !was_interrupted(frame->rax);
}

static bool is_masked(u64 number)
{
    return number == SYS_ppoll || number == SYS_pselect6 || number == SYS_epoll_pwait || number == SYS_epoll_pwait2;
}

static void finish_call(struct context *context, long number, bool elsewhere)
{
    bool waits = number == SYS_rt_sigsuspend || number == SYS_pause || is_masked(number);

    if (syscalls_are_traced && !is_masked(number))
        outl(HYPERCALL_RETURNED, context->frame.rax);
    if (!is_settled(&context->frame))
        deliver_pending(context, waits ? number : NO_CALL, !elsewhere);
    unlock();
}

// trap.S: the system calls that end with a look at what is pending. One of them is frequent.
void signal_syscall(struct context *context)
{
    struct trapframe *frame = &context->frame;
    u32 number = frame->rax;

    if (number == SYS_rt_sigprocmask && !program_is_debugged) {
        lock();
        frame->rax = sys_rt_sigprocmask(frame->rdi, frame->rsi, frame->rdx, frame->r10);
        finish_call(context, number, false);
        return;
    }
    debug_note_step(context);
    // A new thread finds the lock taken.
    if (number == SYS_clone || number == SYS_clone3)
        take_lock();
    else
        lock();
    finish_call(context, number, make_call(context));
    debug_step(context);
}

// trap.S: the host has answered a system call, and there may be a signal.
void notice_syscall(struct context *context, u32 number)
{
    lock();
    deliver_pending(context, number, true);
    unlock();
}
