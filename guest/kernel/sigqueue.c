// What has been sent and not been delivered: to the process, for any thread that does not block it, and to threads. One signal of
// each number is kept, the first. All with the lock held.
#include "kernel.h"
#include "thread.h"

struct action actions[SIGNALS];

static struct pending_signals of_process;

// What is ignored is not kept where it is not blocked, either (kernel/signal.c).
bool signal_is_ignored(u64 signal)
{
    u64 handler = actions[signal - 1].handler;

    return handler == SIG_IGN || (handler == SIG_DFL && HARMLESS & BIT(signal));
}

static void keep(struct pending_signals *pending, const struct signal_info *info)
{
    u64 signal = info->signal;

    if (pending->set & BIT(signal))
        return;
    pending->set |= BIT(signal);
    pending->infos[signal - 1].code = info->code;
    pending->infos[signal - 1].sender = info->value;
    pending->infos[signal - 1].value = info->rest[0];
}

static bool wants(const struct thread *thread, u64 signal)
{
    return !thread->has_ended && (~thread->blocked | thread->awaited) & BIT(signal);
}

static void tell(const struct thread *thread)
{
    if (thread != this_thread())
        hypercall_notify(thread->number);
}

// The first thread, if it does not block it, then the one that sends it, which need not be told, then any.
static struct thread *choose(u64 signal)
{
    struct thread *thread = this_thread();

    if (wants(&first_thread, signal))
        return &first_thread;
    if (wants(thread, signal))
        return thread;
    for (thread = first_thread.next; thread != &first_thread; thread = thread->next)
        if (wants(thread, signal))
            return thread;
    return NULL;
}

void post_to_thread(struct thread *thread, const struct signal_info *info)
{
    if (thread->has_ended || (signal_is_ignored(info->signal) && wants(thread, info->signal) && !(thread->awaited & BIT(info->signal))))
        return;
    keep(&thread->pending, info);
    if (wants(thread, info->signal))
        tell(thread);
}

// True when another thread has been told to take it.
bool post_to_process(const struct signal_info *info)
{
    struct thread *thread = choose(info->signal);

    if (thread && signal_is_ignored(info->signal) && !(thread->awaited & BIT(info->signal)))
        return false;
    keep(&of_process, info);
    if (thread)
        tell(thread);
    return thread && thread != this_thread();
}

u64 pending_signals(void)
{
    return of_process.set | this_thread()->pending.set;
}

// Takes the lowest of a set that is pending for this thread, else, if asked to, for the process; 0 when there is none.
u64 take_signal(u64 set, bool take_of_process, struct signal_info *info)
{
    struct pending_signals *pending = &this_thread()->pending;
    u64 signal;

    if (!(pending->set & set) && take_of_process)
        pending = &of_process;
    if (!(pending->set & set))
        return 0;
    signal = __builtin_ctzl(pending->set & set) + 1;
    pending->set &= ~BIT(signal);
    *info = (struct signal_info){
        .signal = signal, .code = pending->infos[signal - 1].code, .value = pending->infos[signal - 1].sender,
        .rest[0] = pending->infos[signal - 1].value,
    };
    return signal;
}

// This thread does not take the signals of a set any more that the process has: another one may.
void retarget_signals(u64 set)
{
    for (set &= of_process.set; set; set &= set - 1) {
        struct thread *thread = choose(__builtin_ctzl(set) + 1);
        if (thread)
            tell(thread);
    }
}

// It is ignored from now on.
void forget_signal(u64 signal)
{
    struct thread *thread = &first_thread;

    of_process.set &= ~BIT(signal);
    do {
        thread->pending.set &= ~BIT(signal);
        thread = thread->next;
    } while (thread != &first_thread);
}
