// Signals: numbers (asm/signal.h), and what the files about them share.
#ifndef SIGNAL_H
#define SIGNAL_H

#define SIGILL   4
#define SIGTRAP  5
#define SIGBUS   7
#define SIGFPE   8
#define SIGKILL  9
#define SIGSEGV  11
#define SIGCHLD  17
#define SIGCONT  18
#define SIGSTOP  19
#define SIGTTOU  22
#define SIGURG   23
#define SIGWINCH 28
#define SIGNALS  64

#define SIG_DFL  0                  // asm-generic/signal-defs.h
#define SIG_IGN  1

#define BIT(signal)  (1UL << ((signal) - 1))
// What the default action does not end: they are ignored, or would stop a process that nobody could continue.
#define HARMLESS     (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | 0xfUL << (SIGSTOP - 1))
#define UNBLOCKABLE  (BIT(SIGKILL) | BIT(SIGSTOP))

#include "trap.h"

struct thread;

struct action {
    u64 handler, flags, restorer, mask;
};

struct alternate_stack {
    u64 address;
    int flags;
    u64 size;
};

// linux/signal.h, siginfo_t as far as it is filled.
struct signal_info {
    int signal, error, code, padding;
    u64 value;                      // address of a fault, or sender's process and user
    u64 rest[13];
};
_Static_assert(sizeof(struct signal_info) == 128, "siginfo_t");

// siginfo_t.si_code (asm-generic/siginfo.h)
#define SI_KERNEL   0x80
#define SI_USER     0
#define SI_TKILL    (-6)
#define ILL_ILLOPN  2
#define FPE_INTDIV  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM ((int)0x80000000)     // as long as a handler runs on it there is none

// Signals that were sent and not delivered yet, one of each number, and what is told of them.
struct pending_signals {
    u64 set;
    struct {
        int code;
        u32 sender;
        u64 value;
    } infos[SIGNALS];
};

// signal.c: whether the program has a handler for an exception. If so it is the next to be delivered.
bool signal_is_handled(u64 signal, int code, u64 address);

// sigwait.c: these may let go of the lock, and wait.
long sys_rt_sigsuspend(u64 mask, u64 set_size);
long sys_pause(void);
long sys_masked(const struct context *context);     // ppoll and its kin
long sys_rt_sigtimedwait(u64 set, u64 info, u64 timeout, u64 set_size);

// sigsend.c: *elsewhere becomes true when another thread has been asked to take it.
long sys_kill(int pid, u32 signal, bool *elsewhere);
long sys_tkill(int tid, u32 signal);
long sys_tgkill(int pid, int tid, u32 signal);
long sys_rt_sigqueueinfo(int pid, u32 signal, u64 info, bool *elsewhere);
long sys_rt_tgsigqueueinfo(int pid, int tid, u32 signal, u64 info);

// sigmask.c
long sys_rt_sigprocmask(u32 how, u64 new, u64 old, u64 set_size);
long sys_sigaltstack(u64 new, u64 old, u64 rsp);
int set_alternate_stack(struct alternate_stack stack, u64 rsp);

// sigqueue.c
extern struct action actions[SIGNALS];
bool signal_is_ignored(u64 signal);
void post_to_thread(struct thread *thread, const struct signal_info *info);
bool post_to_process(const struct signal_info *info);
u64 pending_signals(void);
u64 take_signal(u64 set, bool of_process, struct signal_info *info);
void retarget_signals(u64 set);
void forget_signal(u64 signal);

// sigframe.c: both answer with -errno. The mask is what a handler's end restores.
int push_signal_frame(struct context *context, const struct action *action, const struct signal_info *info, u64 mask,
                      const struct alternate_stack *alternate);
int pop_signal_frame(struct context *context, u64 *mask, struct alternate_stack *stack);
bool is_on_stack(u64 rsp, const struct alternate_stack *stack);

#endif
