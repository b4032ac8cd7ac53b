// prctl: what a process sets about itself, or a thread, its name. Most of it is about what there is not here, children, privileges,
// core files, and only kept for the program to read.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"
#include "thread.h"

#define PR_SET_PDEATHSIG        1   // linux/prctl.h
#define PR_GET_PDEATHSIG        2
#define PR_GET_DUMPABLE         3
#define PR_SET_DUMPABLE         4
#define PR_GET_KEEPCAPS         7
#define PR_SET_KEEPCAPS         8
#define PR_SET_NAME             15
#define PR_GET_NAME             16
#define PR_GET_SECCOMP          21
#define PR_CAPBSET_READ         23
#define PR_CAPBSET_DROP         24
#define PR_GET_SECUREBITS       27
#define PR_SET_TIMERSLACK       29
#define PR_GET_TIMERSLACK       30
#define PR_SET_CHILD_SUBREAPER  36
#define PR_GET_CHILD_SUBREAPER  37
#define PR_SET_NO_NEW_PRIVS     38
#define PR_GET_NO_NEW_PRIVS     39
#define PR_SET_THP_DISABLE      41
#define PR_GET_THP_DISABLE      42
#define PR_CAP_AMBIENT          47
#define PR_CAP_AMBIENT_IS_SET    1
#define PR_CAP_AMBIENT_RAISE     2
#define PR_CAP_AMBIENT_LOWER     3
#define PR_CAP_AMBIENT_CLEAR_ALL 4

#define LAST_CAPABILITY 40          // linux/capability.h
#define LAST_SIGNAL     64
#define TIMER_SLACK     50000       // nanoseconds

static u64 timer_slack = TIMER_SLACK;
static int death_signal, subreaper;
static bool dumpable = true, keeps_capabilities, no_new_privileges, thp_disabled;

static long set_name(u64 address)
{
    char name[COMM_SIZE];

    // A name may end where its page does, so a byte at a time.
    for (int i = 0; i < COMM_SIZE; i++) {
        name[i] = 0;
        if (i < COMM_SIZE - 1 && (i == 0 || name[i - 1]) && copy_from_user(&name[i], address + i, 1) < 0)
            return -EFAULT;
    }
    memcpy(this_thread()->name->comm, name, COMM_SIZE);
    return 0;
}

static long set_flag(bool *flag, u64 value)
{
    if (value > 1)
        return -EINVAL;
    *flag = value;
    return 0;
}

// There are no capabilities to be raised.
static long ambient(u64 what, u64 capability, u64 rest)
{
    if (what == PR_CAP_AMBIENT_CLEAR_ALL)
        return capability | rest ? -EINVAL : 0;
    if (capability > LAST_CAPABILITY || rest || what < PR_CAP_AMBIENT_IS_SET || what > PR_CAP_AMBIENT_LOWER)
        return -EINVAL;
    return what == PR_CAP_AMBIENT_RAISE ? -EPERM : 0;
}

static long control(u32 option, u64 value, u64 third, u64 fourth, u64 fifth)
{
    u64 rest = third | fourth | fifth;

    switch (option) {
    case PR_SET_NAME:
        return set_name(value);
    case PR_GET_NAME:
        return copy_to_user(value, this_thread()->name->comm, COMM_SIZE);
    case PR_SET_PDEATHSIG:
        if (value > LAST_SIGNAL)
            return -EINVAL;
        death_signal = value;
        return 0;
    case PR_GET_PDEATHSIG:
        return copy_to_user(value, &death_signal, sizeof(death_signal));
    case PR_SET_DUMPABLE:
        return set_flag(&dumpable, value);
    case PR_GET_DUMPABLE:
        return dumpable;
    case PR_SET_KEEPCAPS:
        return set_flag(&keeps_capabilities, value);
    case PR_GET_KEEPCAPS:
        return keeps_capabilities;
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
        return 0;
    case PR_CAPBSET_READ:
        return value > LAST_CAPABILITY ? -EINVAL : 0;
    case PR_CAPBSET_DROP:
        return -EPERM;
    case PR_SET_TIMERSLACK:
        timer_slack = (long)value > 0 ? value : TIMER_SLACK;
        return 0;
    case PR_GET_TIMERSLACK:
        return timer_slack;
    case PR_SET_CHILD_SUBREAPER:
        subreaper = value != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return copy_to_user(value, &subreaper, sizeof(subreaper));
    case PR_SET_NO_NEW_PRIVS:
        if (value != 1 || rest)
            return -EINVAL;
        no_new_privileges = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return value | rest ? -EINVAL : no_new_privileges;
    case PR_SET_THP_DISABLE:
        if (rest)
            return -EINVAL;
        thp_disabled = value != 0;
        return 0;
    case PR_GET_THP_DISABLE:
        return value | rest ? -EINVAL : thp_disabled;
    case PR_CAP_AMBIENT:
        return ambient(value, third, fourth | fifth);
    default:
        return -EINVAL;
    }
}

LOCAL_SYSCALL sys_prctl(u32 option, u64 value, u64 third, u64 fourth, u64 fifth)
{
    return locked(control(option, value, third, fourth, fifth));
}
