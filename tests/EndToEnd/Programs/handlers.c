// Signal handlers: for signals a program sends itself and for those its own faults raise.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile int caught, depth, deepest;
static volatile uintptr_t fault_address;
static volatile int fault_code;
static sigjmp_buf out;
static char *page;
static volatile int *volatile null_address = (volatile int *)16;
static volatile int *volatile *null = &null_address;

static void count(int signal)
{
    caught = caught * 100 + signal;
}

static void nested(int signal)
{
    if (++depth > deepest)
        deepest = depth;
    caught++;
    if (signal == SIGUSR1)
        raise(SIGUSR2);
    depth--;
}

static void escape(int signal, siginfo_t *info, void *context)
{
    (void)context;
    caught = signal;
    fault_address = (uintptr_t)info->si_addr;
    fault_code = info->si_code;
    siglongjmp(out, 1);
}

static void repair(int signal, siginfo_t *info, void *context)
{
    double clobber[32];

    (void)context;
    for (int i = 0; i < 32; i++)
        clobber[i] = i * 1.25 * signal;
    caught += clobber[1] > 0;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095UL), 4096, PROT_READ | PROT_WRITE);
}

static void skip(int signal, siginfo_t *info, void *context)
{
    (void)info;
    caught = signal;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;   // ud2
}

static char first_stack[65536], second_stack[65536];
static stack_t seen;
static int result;

static void inside(int signal)
{
    stack_t other = { .ss_sp = second_stack, .ss_size = sizeof(second_stack) };

    caught = signal;
    sigaltstack(NULL, &seen);
    result = sigaltstack(&other, NULL) == 0 ? 0 : errno;
}

static void alternate(int flags)
{
    stack_t stack = { .ss_sp = first_stack, .ss_size = sizeof(first_stack), .ss_flags = flags }, after;
    struct sigaction action = { .sa_handler = inside, .sa_flags = SA_ONSTACK };

    printf("set %d", sigaltstack(&stack, NULL));
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigaltstack(NULL, &after);
    printf(" inside %x %d %d after %x %d\n", seen.ss_flags, seen.ss_sp == first_stack, result, after.ss_flags,
           after.ss_sp == first_stack ? 1 : after.ss_sp == second_stack ? 2 : 0);
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | flags;
    sigaction(signal, &action, NULL);
}

static int overflow(int level)
{
    volatile char frame[4000];

    frame[0] = level;
    if (level < 0)
        return 0;
    return overflow(level + 1) + frame[0];
}

int main(void)
{
    sigset_t set, old;
    struct sigaction action;

    signal(SIGUSR1, count);
    signal(SIGUSR2, count);
    printf("raise %d", raise(SIGUSR1));
    printf(" %d\n", caught);
    caught = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR2);
    kill(getpid(), SIGUSR1);
    printf("blocked %d", caught);
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf(" then %d\n", caught == SIGUSR1 * 100 + SIGUSR2 || caught == SIGUSR2 * 100 + SIGUSR1);

    caught = 0;
    signal(SIGUSR1, nested);
    signal(SIGUSR2, nested);
    raise(SIGUSR1);
    printf("nested %d deepest %d\n", caught, deepest);

    memset(&action, 0, sizeof(action));
    action.sa_handler = count;
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGUSR1, &action, NULL);
    caught = 0;
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &action);
    printf("once %d default %d\n", caught, action.sa_handler == SIG_DFL);

    page = mmap(NULL, 4096 * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[4096] = 1;
    mprotect(page + 4096, 4096, PROT_READ);
    install(SIGSEGV, escape, 0);
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(out, 1) == 0)
            page[4096 + i] = 1;
        printf("caught %d at %lu code %d\n", caught, (unsigned long)(fault_address - (uintptr_t)page), fault_code);
    }
    if (sigsetjmp(out, 1) == 0)
        **null = 1;
    printf("caught %d at %lu code %d\n", caught, (unsigned long)fault_address, fault_code);

    // A handler that repairs and returns leaves every register as it was, the floating-point ones included.
    install(SIGSEGV, repair, 0);
    double a = 1.5, b = 2.5, c = 3.5, d = atof("4.5");
    caught = 0;
    for (int i = 0; i < 4; i++) {
        mprotect(page + 4096, 4096, i % 2 ? PROT_READ : PROT_NONE);
        a += d * i;
        page[4096 + 8 * i] = (char)i;
        b += a * d;
        c += b;
    }
    printf("repaired %d %.3f %.3f %.3f %d\n", caught, a, b, c, page[4096 + 24]);

    install(SIGILL, skip, 0);
    __asm__ volatile("ud2");
    printf("skipped %d\n", caught);
    install(SIGFPE, escape, 0);
    if (sigsetjmp(out, 1) == 0)
        printf("%d\n", atoi("1") / atoi("0"));
    printf("caught %d code %d\n", caught, fault_code);

    alternate(0);
    alternate(SS_ONSTACK);
    alternate(1 << 31);             // SS_AUTODISARM
    alternate(SS_DISABLE);
    stack_t small = { .ss_sp = first_stack, .ss_size = 100 }, wrong = { .ss_sp = first_stack, .ss_size = 65536, .ss_flags = 8 };
    printf("small %d", sigaltstack(&small, NULL) == 0 ? 0 : errno);
    printf(" wrong %d\n", sigaltstack(&wrong, NULL) == 0 ? 0 : errno);
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    sigaltstack(&stack, NULL);
    install(SIGSEGV, escape, SA_ONSTACK);
    for (volatile int i = 0; i < 2; i++) {
        caught = 0;
        if (sigsetjmp(out, 1) == 0)
            printf("%d\n", overflow(0));
        printf("overflow caught %d\n", caught);
    }
    signal(SIGABRT, count);
    caught = 0;
    fflush(stdout);
    abort();
}
