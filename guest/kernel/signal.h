// Signals: numbers (asm/signal.h), and what signal.c and sigframe.c share.
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

#include "trap.h"

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
#define SI_TKILL    (-6)
#define ILL_ILLOPN  2
#define FPE_INTDIV  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM ((int)0x80000000)     // as long as a handler runs on it there is none

// signal.c: whether the program has a handler for an exception. If so it is the next to be delivered.
bool signal_is_handled(u64 signal, int code, u64 address);

// sigframe.c: both answer with -errno. The mask is what a handler's end restores.
int push_signal_frame(struct context *context, const struct action *action, const struct signal_info *info, u64 mask,
                      const struct alternate_stack *alternate);
int pop_signal_frame(struct context *context, u64 *mask, struct alternate_stack *stack);
bool is_on_stack(u64 rsp, const struct alternate_stack *stack);

#endif
