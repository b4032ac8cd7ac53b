// The calls that programs make before anything else, to learn who they are and what they may: each as Linux answers it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/fsuid.h>
#include <sys/time.h>
#include <unistd.h>

static void say(const char *name, long result)
{
    printf("%s %ld %d\n", name, result, result == -1 ? errno : 0);
}

static void identity(void)
{
    uid_t real, effective, saved;
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];

    say("getresuid", getresuid(&real, &effective, &saved));
    printf("%d\n", real == getuid() && effective == geteuid() && saved == effective);
    say("getresgid", getresgid(&real, &effective, &saved));
    printf("%d\n", real == getgid() && effective == getegid());
    say("setuid", setuid(getuid()));
    say("setgid", setgid(getgid()));
    say("setreuid", setreuid(-1, geteuid()));
    say("setresgid", setresgid(-1, getgid(), -1));
    say("setuid -1", setuid(-1));
    printf("setfsuid %d\n", setfsuid(-1) == (int)geteuid());
    printf("getgroups %d\n", getgroups(0, NULL) >= 0);
    say("getgroups -1", syscall(SYS_getgroups, -1, NULL));
    say("capget", syscall(SYS_capget, &header, data));
    header.version = 7;
    say("capget version", syscall(SYS_capget, &header, data));
    printf("%x\n", header.version);
    printf("sid %d pgid %d\n", getsid(0) >= 0, getpgid(0) >= 0);
    say("setpgid", setpgid(0, -1));
    say("setpgid of another", setpgid(1 << 22, 0));
    say("personality", personality(0xffffffff));
}

static void scheduling(void)
{
    struct sched_param parameters = { 1 };
    struct timespec interval;
    unsigned cpu = -1, node = -1;

    say("setpriority", setpriority(PRIO_PROCESS, 0, 19));
    say("getpriority", getpriority(PRIO_PROCESS, 0));
    say("getpriority which", getpriority(7, 0));
    say("getparam", sched_getparam(0, &parameters));
    printf("%d\n", parameters.sched_priority);
    say("getscheduler", sched_getscheduler(0));
    say("setscheduler", sched_setscheduler(0, SCHED_BATCH, &parameters));
    say("getscheduler", sched_getscheduler(0));
    parameters.sched_priority = 1;
    say("setscheduler priority", sched_setscheduler(0, SCHED_OTHER, &parameters));
    say("max", sched_get_priority_max(SCHED_FIFO));
    say("min", sched_get_priority_min(SCHED_RR));
    say("max of none", sched_get_priority_max(77));
    say("interval", sched_rr_get_interval(0, &interval));
    say("yield", sched_yield());
    say("getcpu", getcpu(&cpu, &node));
    printf("membarrier %d\n", syscall(SYS_membarrier, 0, 0) >= 0);
    say("rseq", syscall(SYS_rseq, 1, 2, 3, 4) == -1 ? 0 : 1);
}

static void process(void)
{
    char name[17] = "";
    int value = -1;

    say("set name", prctl(PR_SET_NAME, "a name that is too long"));
    say("get name", prctl(PR_GET_NAME, name));
    puts(name);
    say("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say("no_new_privs 2", prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
    say("no_new_privs 1", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    say("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say("dumpable", prctl(PR_SET_DUMPABLE, 0));
    say("dumpable", prctl(PR_GET_DUMPABLE));
    say("dumpable 5", prctl(PR_SET_DUMPABLE, 5));
    say("pdeathsig", prctl(PR_SET_PDEATHSIG, 15));
    say("pdeathsig", prctl(PR_GET_PDEATHSIG, &value));
    printf("%d\n", value);
    say("pdeathsig 99", prctl(PR_SET_PDEATHSIG, 99));
    say("keepcaps", prctl(PR_SET_KEEPCAPS, 1));
    say("keepcaps", prctl(PR_GET_KEEPCAPS));
    say("timerslack", prctl(PR_SET_TIMERSLACK, 1000));
    say("timerslack", prctl(PR_GET_TIMERSLACK));
    say("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1));
    say("subreaper", prctl(PR_GET_CHILD_SUBREAPER, &value));
    printf("%d\n", value);
    say("capbset 99", prctl(PR_CAPBSET_READ, 99));
    say("nothing", prctl(12345, 1, 2, 3, 4));
}

static void memory(void)
{
    char *pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    say("mlock", mlock(pages + 100, 4096));
    say("mlock2", mlock2(pages, 4096, MLOCK_ONFAULT));
    say("mlock2 flags", syscall(SYS_mlock2, pages, 4096, 6));
    say("munlock", munlock(pages, 4 * 4096));
    say("mlockall 0", mlockall(0));
    say("munlockall", munlockall());
    say("msync", msync(pages, 4 * 4096, MS_ASYNC));
    say("msync both", msync(pages, 4096, MS_ASYNC | MS_SYNC));
    say("msync unaligned", msync(pages + 1, 4096, MS_SYNC));
    munmap(pages + 4096, 4096);
    say("mlock hole", mlock(pages, 3 * 4096));
    say("munlock hole", munlock(pages, 3 * 4096));
    say("msync hole", msync(pages, 3 * 4096, MS_SYNC));
    mprotect(pages, 4096, PROT_NONE);
    say("mlock none", mlock(pages, 4096));
    say("mlock nothing", mlock(pages, 0));
}

static void limits(void)
{
    struct rlimit limit;
    struct itimerval timer;
    struct statvfs system;
    int fds[64], count = 0;
    rlim_t before;

    say("getrlimit", getrlimit(RLIMIT_NOFILE, &limit));
    before = limit.rlim_cur;
    limit.rlim_cur = 20;
    say("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
    while (count < 64 && (fds[count] = open("/dev/null", O_RDONLY)) >= 0)
        count++;
    printf("up to %d, %d\n", count ? fds[count - 1] : -1, errno);
    say("dup2 beyond", dup2(0, 20));
    say("dupfd beyond", fcntl(0, F_DUPFD, 20));
    limit.rlim_cur = before < 1000 ? before : 1000;
    say("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
    say("dup2", dup2(0, 50));
    limit.rlim_cur = 10;
    limit.rlim_max = 9;
    say("setrlimit wrong", setrlimit(RLIMIT_NOFILE, &limit));
    say("getitimer", getitimer(ITIMER_REAL, &timer));
    printf("%ld\n", timer.it_value.tv_sec + timer.it_value.tv_usec);
    say("statvfs", statvfs("/", &system));
    printf("%d\n", system.f_namemax > 0);
    say("mkfifo nowhere", mkfifo("/nowhere/fifo", 0600) == -1 ? 0 : 1);
    say("fallocate", fallocate(0, 0, 0, 0));
}

int main(void)
{
    identity();
    scheduling();
    process();
    memory();
    limits();
    return 0;
}
