// System call numbers, those of Linux x86-64 (asm/unistd_64.h), and which of them the kernel serves itself.
#ifndef SYSCALL_H
#define SYSCALL_H

#define SYS_getpid          39
#define SYS_exit            60
#define SYS_arch_prctl      158
#define SYS_set_tid_address 218
#define SYS_exit_group      231

// The one place that says which calls are local: syscall.c makes the table and the bitmap from it. Everything else goes to
// the host. X(argument, number, function)
#define LOCAL_SYSCALLS(X, argument)                       \
    X(argument, SYS_getpid, sys_getpid)                   \
    X(argument, SYS_exit, sys_exit)                       \
    X(argument, SYS_arch_prctl, sys_arch_prctl)           \
    X(argument, SYS_set_tid_address, sys_set_tid_address) \
    X(argument, SYS_exit_group, sys_exit)

#define SYSCALL_LOCAL_MAX   255     // no local call has a greater number

#endif
