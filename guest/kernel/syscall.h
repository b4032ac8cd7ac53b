// System call numbers, those of Linux x86-64 (asm/unistd_64.h), and which of them the kernel serves itself.
#ifndef SYSCALL_H
#define SYSCALL_H

// The one place that says which calls are local: syscall.c makes the table and the bitmap from it. Everything else goes to
// the host. X(argument, number, name, function)
#define LOCAL_SYSCALLS(X, argument)                                \
    X(argument, 9, mmap, sys_mmap)                                 \
    X(argument, 10, mprotect, sys_mprotect)                        \
    X(argument, 11, munmap, sys_munmap)                            \
    X(argument, 12, brk, sys_brk)                                  \
    X(argument, 13, rt_sigaction, sys_rt_sigaction)                \
    X(argument, 14, rt_sigprocmask, signal_entry)                  \
    X(argument, 15, rt_sigreturn, signal_entry)                    \
    X(argument, 24, sched_yield, sys_sched_yield)                  \
    X(argument, 25, mremap, sys_mremap)                            \
    X(argument, 26, msync, sys_msync)                              \
    X(argument, 27, mincore, sys_mincore)                          \
    X(argument, 28, madvise, sys_madvise)                          \
    X(argument, 34, pause, signal_entry)                           \
    X(argument, 39, getpid, sys_getpid)                            \
    X(argument, 56, clone, signal_entry)                           \
    X(argument, 60, exit, sys_exit)                                \
    X(argument, 62, kill, signal_entry)                            \
    X(argument, 102, getuid, sys_zero)                             \
    X(argument, 104, getgid, sys_zero)                             \
    X(argument, 107, geteuid, sys_zero)                            \
    X(argument, 108, getegid, sys_zero)                            \
    X(argument, 110, getppid, sys_zero)                            \
    X(argument, 111, getpgrp, sys_getpid)                          \
    X(argument, 121, getpgid, sys_getpgid)                         \
    X(argument, 124, getsid, sys_getpgid)                          \
    X(argument, 127, rt_sigpending, sys_rt_sigpending)             \
    X(argument, 128, rt_sigtimedwait, signal_entry)                \
    X(argument, 129, rt_sigqueueinfo, signal_entry)                \
    X(argument, 130, rt_sigsuspend, signal_entry)                  \
    X(argument, 131, sigaltstack, signal_entry)                    \
    X(argument, 149, mlock, sys_mlock)                             \
    X(argument, 150, munlock, sys_munlock)                         \
    X(argument, 151, mlockall, sys_mlockall)                       \
    X(argument, 152, munlockall, sys_zero)                         \
    X(argument, 157, prctl, sys_prctl)                             \
    X(argument, 158, arch_prctl, sys_arch_prctl)                   \
    X(argument, 186, gettid, sys_gettid)                           \
    X(argument, 200, tkill, signal_entry)                          \
    X(argument, 218, set_tid_address, sys_set_tid_address)         \
    X(argument, 231, exit_group, sys_exit_group)                   \
    X(argument, 234, tgkill, signal_entry)                         \
    X(argument, 273, set_robust_list, sys_set_robust_list)         \
    X(argument, 274, get_robust_list, sys_get_robust_list)         \
    X(argument, 297, rt_tgsigqueueinfo, signal_entry)              \
    X(argument, 324, membarrier, sys_membarrier)                   \
    X(argument, 325, mlock2, sys_mlock2)                           \
    X(argument, 334, rseq, sys_enosys)                             \
    X(argument, 435, clone3, signal_entry)

// In the bitmap, but not in the table: the host's, but for the signals that are blocked meanwhile, when the call says which.
// M(argument, number, name)
#define MASKED_SYSCALLS(M, argument)                               \
    M(argument, 270, pselect6)                                     \
    M(argument, 271, ppoll)                                        \
    M(argument, 281, epoll_pwait)                                  \
    M(argument, 441, epoll_pwait2)

#define SYSCALL_LOCAL_MAX   447     // no local call has a greater number

// Those that signal_entry (trap.S) hands on by number; the rest of them is rt_sigreturn.
#define SYS_rt_sigprocmask    14
#define SYS_pause             34
#define SYS_clone             56
#define SYS_kill              62
#define SYS_rt_sigtimedwait   128
#define SYS_rt_sigqueueinfo   129
#define SYS_rt_sigsuspend     130
#define SYS_sigaltstack       131
#define SYS_tkill             200
#define SYS_tgkill            234
#define SYS_rt_tgsigqueueinfo 297
#define SYS_pselect6          270
#define SYS_ppoll             271
#define SYS_epoll_pwait       281
#define SYS_clone3            435
#define SYS_epoll_pwait2      441

// What the kernel makes of the host by itself, besides ppoll.
#define SYS_futex             202

#endif
