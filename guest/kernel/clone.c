// clone and clone3, as far as they make threads: a vCPU begins where the calling thread is, with its registers but for the stack.
// What makes a process is not served, and the host is told of it as of any unknown call.
#include "kernel.h"
#include "hypercall.h"
#include "lock.h"
#include "memory.h"
#include "thread.h"
#include "x86.h"

#define CSIGNAL              0x000000ffUL   // linux/sched.h
#define CLONE_VM             0x00000100UL
#define CLONE_FS             0x00000200UL
#define CLONE_FILES          0x00000400UL
#define CLONE_SIGHAND        0x00000800UL
#define CLONE_PIDFD          0x00001000UL
#define CLONE_VFORK          0x00004000UL
#define CLONE_PARENT         0x00008000UL
#define CLONE_THREAD         0x00010000UL
#define CLONE_NEWNS          0x00020000UL
#define CLONE_SETTLS         0x00080000UL
#define CLONE_PARENT_SETTID  0x00100000UL
#define CLONE_CHILD_CLEARTID 0x00200000UL
#define CLONE_DETACHED       0x00400000UL
#define CLONE_CHILD_SETTID   0x01000000UL
#define CLONE_NEWUSER        0x10000000UL
#define CLONE_NEWPID         0x20000000UL
#define CLONE_NAMESPACES     0x7e020000UL
#define CLONE_NEWTIME        0x00000080UL
#define CLONE_LEGACY         0xffffffffUL
#define CLONE_CLEAR_SIGHAND  0x100000000UL
#define CLONE_INTO_CGROUP    0x200000000UL

#define CLONE_OF_A_THREAD    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define CLONE_NOT_OF_A_THREAD (CLONE_PIDFD | CLONE_VFORK | CLONE_NAMESPACES | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)

#define MAX_PID_NS_LEVEL     32
#define MOST_TRIES           1000
#define CLONE_ARGS_VER0      64     // sizes of struct clone_args
#define CLONE_ARGS_VER2      88

struct clone_args {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
_Static_assert(sizeof(struct clone_args) == CLONE_ARGS_VER2, "struct clone_args");

// What Linux's copy_process refuses; and what it does, but is not done here.
static int check_flags(u64 flags)
{
    if ((flags & CLONE_NEWNS && flags & CLONE_FS) || (flags & CLONE_NEWUSER && flags & CLONE_FS)
        || (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) || (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
        || (flags & CLONE_THREAD && flags & (CLONE_NEWUSER | CLONE_NEWPID))
        || (flags & CLONE_PIDFD && flags & CLONE_DETACHED))
        return -EINVAL;
    return (flags & CLONE_OF_A_THREAD) == CLONE_OF_A_THREAD && !(flags & CLONE_NOT_OF_A_THREAD) ? 0 : -ENOSYS;
}

// All the thread has to itself, and what it begins with. The block may have been another's.
static void prepare(struct thread *thread, const struct context *parent, const struct clone_args *args)
{
    struct context *context = (struct context *)(thread->stack_top - sizeof(*context));
    const struct thread *creator = this_thread();

    *context = *parent;
    context->frame.rax = 0;
    context->frame.rflags &= ~(u64)FLAG_TRAP;
    if (args->stack)
        context->frame.rsp = args->stack;
    thread->fs_base = args->flags & CLONE_SETTLS ? args->tls : rdmsr(MSR_FS_BASE);
    fxsave(thread->fpstate);
    thread->has_ended = false;
    thread->clear_tid = args->flags & CLONE_CHILD_CLEARTID ? args->child_tid : 0;
    thread->robust_list = 0;
    thread->window_start = thread->window_end = 0;
    thread->blocked = creator->blocked;
    thread->awaited = 0;
    thread->restores_mask = false;
    thread->alternate = (struct alternate_stack){ .flags = SS_DISABLE };
    thread->trap_info.signal = 0;
    thread->pending.set = 0;
    memcpy(thread->name->comm, creator->name->comm, COMM_SIZE);
}

// The numbers are where they are wanted before the thread is there to look for them; Linux does not mind when they cannot be
// written.
static long start(struct thread *thread, const struct clone_args *args)
{
    long error;

    thread_begin(thread);
    if (args->flags & CLONE_PARENT_SETTID)
        copy_to_user(args->parent_tid, &thread->tid, sizeof(u32));
    if (args->flags & CLONE_CHILD_SETTID)
        copy_to_user(args->child_tid, &thread->tid, sizeof(u32));
    error = hypercall_start(thread->number, (u64)thread_start, thread->stack_top - sizeof(struct context), (u64)thread);
    if (!error)
        return thread->tid;
    thread->busy = 0;
    thread_end(thread);
    __atomic_fetch_sub(&threads_alive, 1, __ATOMIC_RELAXED);
    return error;
}

// A thread that has ended and is not parked yet, as after a join, is waited for when the host has no room for another one.
static long make_thread(const struct context *context, const struct clone_args *args)
{
    if (args->flags & CLONE_SETTLS && args->tls >= USER_TOP)
        return -EPERM;
    for (int tries = 1;; tries++) {
        struct thread *thread = thread_take();
        long result = -EAGAIN;
        if (thread) {
            prepare(thread, context, args);
            result = start(thread, args);
        }
        if (result != -EAGAIN || !thread_may_come() || tries == MOST_TRIES)
            return result;
        unlock();
        outl(HYPERCALL_YIELD, 0);
        take_lock();
    }
}

long sys_clone(const struct context *context)
{
    const struct trapframe *frame = &context->frame;
    struct clone_args args = {
        .flags = frame->rdi & CLONE_LEGACY & ~CSIGNAL, .stack = frame->rsi, .parent_tid = frame->rdx, .child_tid = frame->r10,
        .tls = frame->r8,
    };
    int error = check_flags(args.flags);

    return error ? error : make_thread(context, &args);
}

// As Linux's copy_clone_args_from_user.
static int read_args(struct clone_args *args, u64 user, u64 bytes)
{
    u8 more;

    if (bytes > PAGE_SIZE)
        return -E2BIG;
    if (bytes < CLONE_ARGS_VER0)
        return -EINVAL;
    *args = (struct clone_args){ 0 };
    if (copy_from_user(args, user, bytes < sizeof(*args) ? bytes : sizeof(*args)) < 0)
        return -EFAULT;
    for (u64 i = sizeof(*args); i < bytes; i++) {
        if (copy_from_user(&more, user + i, 1) < 0)
            return -EFAULT;
        if (more)
            return -E2BIG;
    }
    if (args->set_tid_size > MAX_PID_NS_LEVEL || !args->set_tid != !args->set_tid_size || args->exit_signal & ~CSIGNAL
        || args->exit_signal > SIGNALS)
        return -EINVAL;
    return 0;
}

// As its clone3_args_valid.
static bool are_valid(const struct clone_args *args)
{
    u64 flags = args->flags;

    if (flags & ~(CLONE_LEGACY | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP) || flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
        return false;
    if ((flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND) || (flags & (CLONE_THREAD | CLONE_PARENT) && args->exit_signal))
        return false;
    return args->stack ? args->stack_size && args->stack < USER_TOP && args->stack_size <= USER_TOP - args->stack : !args->stack_size;
}

long sys_clone3(const struct context *context)
{
    struct clone_args args;
    int error = read_args(&args, context->frame.rdi, context->frame.rsi);

    if (!error && !are_valid(&args))
        error = -EINVAL;
    if (!error)
        error = check_flags(args.flags);
    if (error)
        return error;
    if (args.set_tid)
        return -ENOSYS;
    args.stack += args.stack_size;
    return make_thread(context, &args);
}
