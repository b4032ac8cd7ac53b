// Threads: one program, its first argument says what of them. The same output on the host and in a VM, each time.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define CHECK(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

static void fail(const char *what, int line)
{
    printf("line %d: not %s (errno %d)\n", line, what, errno);
    exit(1);
}

static pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, argument);

    if (error) {
        printf("pthread_create: %s\n", strerror(error));
        exit(1);
    }
    return thread;
}

static void *join(pthread_t thread)
{
    void *result;

    CHECK(pthread_join(thread, &result) == 0);
    return result;
}

static void *twice(void *argument)
{
    return (void *)((uintptr_t)argument * 2);
}

// One after the other, and many at once.
static void create(int rounds)
{
    pthread_t threads[200];
    uintptr_t sum = 0;

    for (int i = 0; i < rounds; i++)
        sum += (uintptr_t)join(start(twice, (void *)(uintptr_t)i));
    printf("%d threads in turn: %lu\n", rounds, (unsigned long)sum);
    sum = 0;
    for (int i = 0; i < 8; i++)
        threads[i] = start(twice, (void *)(uintptr_t)i);
    for (int i = 0; i < 8; i++)
        sum += (uintptr_t)join(threads[i]);
    printf("8 threads together: %lu\n", (unsigned long)sum);
}

static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;
static atomic_long atomic_counter;

static void *arrive(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&barrier);
    atomic_fetch_add(&atomic_counter, 1);
    pthread_barrier_wait(&barrier);
    return NULL;
}

// All are there at once: nobody passes before the last one has come.
static void many(int count)
{
    pthread_t threads[256];
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    pthread_barrier_init(&barrier, NULL, count + 1);
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], &attributes, arrive, NULL) == 0);
    printf("passed before the last: %ld\n", atomic_load(&atomic_counter));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    printf("passed: %ld\n", atomic_load(&atomic_counter));
    for (int i = 0; i < count; i++)
        join(threads[i]);
}

static void *count_up(void *argument)
{
    for (int i = 0; i < (int)(uintptr_t)argument; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        atomic_fetch_add(&atomic_counter, 1);
    }
    return NULL;
}

static void lock(int rounds)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = start(count_up, (void *)(uintptr_t)rounds);
    for (int i = 0; i < 4; i++)
        join(threads[i]);
    printf("counted: %ld, %ld\n", counter, atomic_load(&atomic_counter));
}

static int turn;

static void *play(void *argument)
{
    int own = (int)(uintptr_t)argument;

    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != own)
            pthread_cond_wait(&changed, &mutex);
        turn = !own;
        counter++;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void hand_over(void)
{
    pthread_t threads[2] = { start(play, (void *)0), start(play, (void *)1) };
    struct timespec deadline;

    join(threads[0]);
    join(threads[1]);
    printf("turns: %ld\n", counter);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 20000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    printf("nobody signals: %s\n", strerror(pthread_cond_timedwait(&changed, &mutex, &deadline)));
    pthread_mutex_unlock(&mutex);
}

static __thread int own = 7;
static __thread char own_text[16] = "initial";

static void *change_own(void *argument)
{
    CHECK(own == 7 && !strcmp(own_text, "initial"));
    own = (int)(uintptr_t)argument;
    snprintf(own_text, sizeof(own_text), "thread %d", own);
    sched_yield();
    CHECK(own == (int)(uintptr_t)argument);
    return (void *)(uintptr_t)(strlen(own_text) + own);
}

// Thread-local storage, and floating-point registers, which a new thread has from its creator.
static void *sum_floats(void *argument)
{
    double sum = 0, step = (double)(uintptr_t)argument;

    for (int i = 0; i < 100000; i++)
        sum += step / 3;
    return (void *)(uintptr_t)(sum * 1000);
}

static void local_storage(void)
{
    pthread_t threads[6], floats[4];

    own = 70;
    for (int i = 0; i < 6; i++)
        threads[i] = start(change_own, (void *)(uintptr_t)i);
    for (int i = 0; i < 4; i++)
        floats[i] = start(sum_floats, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < 6; i++)
        printf("%lu ", (unsigned long)join(threads[i]));
    for (int i = 0; i < 4; i++)
        printf("%lu ", (unsigned long)join(floats[i]));
    printf("%d %s\n", own, own_text);
}

static volatile sig_atomic_t handled_by[65];
static atomic_int ready, stop;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    handled_by[signal] = syscall(SYS_gettid) == getpid() ? 1 : 2;
    if (info->si_pid != getpid())
        handled_by[signal] = 3;
    if (signal == SIGUSR1 && info->si_code != SI_TKILL)
        handled_by[signal] = 4;
    if (signal == SIGUSR2 && info->si_code != SI_USER)
        handled_by[signal] = 5;
}

static void *spin(void *argument)
{
    atomic_fetch_add(&ready, 1);
    while (!handled_by[(int)(uintptr_t)argument])
        ;
    return NULL;
}

static void *block_and_wait(void *argument)
{
    sigset_t set;

    (void)argument;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&stop))
        sched_yield();
    return NULL;
}

static void *wait_in_read(void *argument)
{
    char byte;
    int *pipe = argument;

    atomic_fetch_add(&ready, 1);
    return (void *)(intptr_t)(read(pipe[0], &byte, 1) < 0 ? errno : 0);
}

static void *sleep_long(void *argument)
{
    struct timespec hour = { 3600, 0 };

    (void)argument;
    atomic_fetch_add(&ready, 1);
    return (void *)(intptr_t)(nanosleep(&hour, NULL) < 0 ? errno : 0);
}

static void *wait_for_signal(void *argument)
{
    siginfo_t info;
    int signal;

    atomic_fetch_add(&ready, 1);
    signal = sigwaitinfo(argument, &info);
    return (void *)(intptr_t)(signal * 1000 + info.si_value.sival_int);
}

static void *suspend(void *argument)
{
    sigset_t none;

    (void)argument;
    sigemptyset(&none);
    atomic_fetch_add(&ready, 1);
    return (void *)(intptr_t)(sigsuspend(&none) < 0 ? errno : 0);
}

static void until_ready(int count)
{
    struct timespec little = { 0, 5000000 };

    while (atomic_load(&ready) < count)
        sched_yield();
    atomic_store(&ready, 0);
    nanosleep(&little, NULL);       // into the call that it waits in
}

static void signals(void)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    union sigval value = { .sival_int = 42 };
    pthread_t thread;
    sigset_t set;

    for (int i = SIGRTMIN; i < SIGRTMIN + 4; i++)
        sigaction(i, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);

    // To one that computes; to the process, while some block it; to ones that wait.
    thread = start(spin, (void *)(uintptr_t)SIGUSR1);
    until_ready(1);
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    join(thread);
    printf("USR1 to a thread that spins: %d\n", handled_by[SIGUSR1]);
    thread = start(block_and_wait, NULL);
    until_ready(1);
    kill(getpid(), SIGUSR2);
    while (!handled_by[SIGUSR2])
        sched_yield();
    printf("USR2 to the process: %d\n", handled_by[SIGUSR2]);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    handled_by[SIGUSR2] = 0;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR2);
    sigpending(&set);
    printf("USR2 when all block it: %d, pending %d\n", handled_by[SIGUSR2], sigismember(&set, SIGUSR2));
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    printf("USR2 unblocked: %d\n", handled_by[SIGUSR2]);
    atomic_store(&stop, 1);
    join(thread);
    thread = start(sleep_long, NULL);
    until_ready(1);
    CHECK(pthread_kill(thread, SIGRTMIN + 1) == 0);
    printf("signal during sleep: %s", strerror((intptr_t)join(thread)));
    printf(", %d\n", handled_by[SIGRTMIN + 1]);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    thread = start(suspend, NULL);
    until_ready(1);
    CHECK(pthread_kill(thread, SIGRTMIN + 3) == 0);
    printf("sigsuspend: %s", strerror((intptr_t)join(thread)));
    printf(", %d\n", handled_by[SIGRTMIN + 3]);
    thread = start(wait_for_signal, &set);
    until_ready(1);
    CHECK(pthread_sigqueue(thread, SIGRTMIN + 3, value) == 0);
    printf("sigwaitinfo of a thread's: %ld\n", (long)join(thread));
    thread = start(wait_for_signal, &set);
    until_ready(1);
    CHECK(sigqueue(getpid(), SIGRTMIN + 3, value) == 0);
    printf("sigwaitinfo of the process's: %ld\n", (long)join(thread));
    struct timespec little = { 0, 10000000 };
    int result = sigtimedwait(&set, NULL, &little);
    printf("sigtimedwait: %d %s\n", result, strerror(errno));
    printf("to nobody: %s\n", strerror(syscall(SYS_tgkill, getpid(), 30000, SIGUSR1) < 0 ? errno : 0));
}

// Of a read that waits.
static void interrupt(void)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    pthread_t thread;
    int ends[2];

    CHECK(pipe(ends) == 0);
    sigaction(SIGRTMIN, &action, NULL);
    thread = start(wait_in_read, ends);
    until_ready(1);
    CHECK(pthread_kill(thread, SIGRTMIN) == 0);
    printf("signal during read: %s", strerror((intptr_t)join(thread)));
    printf(", %d\n", handled_by[SIGRTMIN]);
    action.sa_flags |= SA_RESTART;
    sigaction(SIGRTMIN + 2, &action, NULL);
    thread = start(wait_in_read, ends);
    until_ready(1);
    CHECK(pthread_kill(thread, SIGRTMIN + 2) == 0);
    while (!handled_by[SIGRTMIN + 2])
        sched_yield();
    CHECK(write(ends[1], "x", 1) == 1);
    printf("signal during read with SA_RESTART: %ld, %d\n", (long)join(thread), handled_by[SIGRTMIN + 2]);
}

static pthread_t first;

static void *send_to_first(void *argument)
{
    struct timespec little = { 0, 5000000 };

    nanosleep(&little, NULL);
    pthread_kill(first, SIGUSR1);
    return argument;
}

static int handled;

static void count_handled(int signal)
{
    (void)signal;
    handled++;
}

static int is_blocked(int signal)
{
    sigset_t set;

    sigprocmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, signal);
}

// Calls that let a signal through while they wait.
static void masks(void)
{
    struct sigaction action = { .sa_handler = count_handled };
    struct timespec soon = { 0, 1000000 }, now = { 0, 0 };
    struct pollfd wanted;
    sigset_t set, none;
    pthread_t thread;
    int ends[2], result;

    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    printf("blocked: %d\n", handled);
    result = ppoll(NULL, 0, NULL, &none);
    printf("pending before ppoll: %d %s, %d, %d\n", result, strerror(errno), handled, is_blocked(SIGUSR1));
    first = pthread_self();
    thread = start(send_to_first, NULL);
    result = pselect(0, NULL, NULL, NULL, NULL, &none);
    printf("sent during pselect: %d %s, %d, %d\n", result, strerror(errno), handled, is_blocked(SIGUSR1));
    join(thread);
    printf("timeout: %d\n", ppoll(NULL, 0, &soon, &none));
    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    raise(SIGUSR1);
    wanted = (struct pollfd){ ends[0], POLLIN };
    result = ppoll(&wanted, 1, NULL, &none);
    printf("ready: %d, %d, %d\n", result, handled, is_blocked(SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    printf("unblocked: %d, without a mask: %d\n", handled, ppoll(&wanted, 1, &now, NULL));
}

static atomic_long delivered;

static void count_signal(int signal)
{
    (void)signal;
    atomic_fetch_add(&delivered, 1);
}

static void *compute(void *argument)
{
    uint64_t value = 1;
    double real = 1;

    for (int i = 0; i < (int)(uintptr_t)argument; i++) {
        value = value * 6364136223846793005 + 1442695040888963407;
        real = real * 1.0000001 + 1e-9;
        if (i % 1000 == 0)
            value ^= (uint64_t)getppid() * 0;
    }
    atomic_fetch_add(&stop, 1);
    return (void *)(uintptr_t)(value ^ (uint64_t)(real * 1e12));
}

// Begins when the first signal has come: a thread may otherwise be done before anybody sends one.
static void *compute_under_signals(void *argument)
{
    while (atomic_load(&delivered) == 0)
        sched_yield();
    return compute(argument);
}

// Signals at any moment: computing and system calls go on as if there were none.
static void storm(int rounds)
{
    struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
    pthread_t threads[3];
    uintptr_t wanted = (uintptr_t)compute((void *)(uintptr_t)rounds);

    sigaction(SIGURG, &action, NULL);
    atomic_store(&stop, 0);
    for (int i = 0; i < 3; i++)
        threads[i] = start(compute_under_signals, (void *)(uintptr_t)rounds);
    while (atomic_load(&stop) < 3) {
        for (int i = 0; i < 3; i++)
            pthread_kill(threads[i], SIGURG);
    }
    for (int i = 0; i < 3; i++)
        CHECK((uintptr_t)join(threads[i]) == wanted);
    printf("as computed without signals, which were delivered: %d\n", atomic_load(&delivered) > 0);
}

static pthread_mutex_t robust;

static void *die_holding(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&robust);
    return NULL;
}

static void *lock_robust(void *argument)
{
    int error;

    (void)argument;
    atomic_fetch_add(&ready, 1);
    error = pthread_mutex_lock(&robust);
    if (error == EOWNERDEAD)
        pthread_mutex_consistent(&robust);
    pthread_mutex_unlock(&robust);
    return (void *)(intptr_t)error;
}

static void *hold_until_told(void *argument)
{
    pthread_mutex_lock(&robust);
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&stop))
        sched_yield();
    return argument;
}

static void robust_locks(void)
{
    pthread_mutexattr_t attributes;
    pthread_t holder, waiter;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    join(start(die_holding, NULL));
    printf("after its owner's death: %s\n", strerror((intptr_t)lock_robust(NULL)));
    printf("after that: %s\n", strerror((intptr_t)lock_robust(NULL)));
    atomic_store(&ready, 0);
    holder = start(hold_until_told, NULL);
    until_ready(1);
    waiter = start(lock_robust, NULL);
    until_ready(1);
    atomic_store(&stop, 1);
    printf("waiting when its owner died: %s\n", strerror((intptr_t)join(waiter)));
    join(holder);
}

static atomic_uint child_done;
static volatile pid_t child_tid, parent_tid;
static volatile int child_saw;

static void raw_child(void)
{
    child_saw = syscall(SYS_gettid) == parent_tid;
    atomic_store(&child_done, 1);
    syscall(SYS_futex, &child_done, FUTEX_WAKE, 1, NULL, NULL, 0);
    syscall(SYS_exit, 0);
}

struct arguments3 {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup, more;
};

// clone3(arguments, size); the child goes to raw_child, on its own stack.
static long clone3_into(struct arguments3 *arguments, size_t size)
{
    register long result __asm__("rax") = SYS_clone3;

    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tsub $64, %%rsp\n\tcall *%3\n1:"
        : "+r"(result) : "D"(arguments), "S"(size), "r"(raw_child) : "rcx", "r11", "memory");
    return result;
}

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static void clone_raw(void)
{
    size_t bytes = 65536;
    char *stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct arguments3 arguments = {
        .flags = THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, .child_tid = (uintptr_t)&child_tid,
        .parent_tid = (uintptr_t)&parent_tid, .stack = (uintptr_t)stack, .stack_size = bytes,
    };
    pid_t tid;

    tid = clone3_into(&arguments, 88);
    CHECK(tid > getpid());
    while (!atomic_load(&child_done))
        syscall(SYS_futex, &child_done, FUTEX_WAIT, 0, NULL, NULL, 0);
    while ((tid = child_tid))
        syscall(SYS_futex, &child_tid, FUTEX_WAIT, tid, NULL, NULL, 0);
    printf("clone3: %d, cleared %d\n", child_saw, child_tid);
#define TRY(change, size) do { struct arguments3 wrong = arguments; change; \
        long error = clone3_into(&wrong, size); printf("%s, %s: %ld\n", #change, #size, error); } while (0)
    TRY((void)wrong, 56);
    TRY((void)wrong, 5000);
    TRY(wrong.more = 1, 96);
    TRY(wrong.exit_signal = 17, 88);
    TRY(wrong.stack_size = 0, 88);
    TRY(wrong.stack = 0, 88);
    TRY(wrong.flags &= ~CLONE_SIGHAND, 88);
    TRY(wrong.flags &= ~CLONE_VM, 88);
    TRY(wrong.flags |= CLONE_NEWNS, 88);
    TRY(wrong.set_tid_size = 1, 88);
    printf("clone3 of nowhere: %ld\n", clone3_into((void *)8, 88));
}

static volatile char *shared_page;
static sigjmp_buf where;
static atomic_int phase;

static __thread volatile int faults;

static void on_fault(int signal)
{
    (void)signal;
    faults++;
    siglongjmp(where, 1);
}

static void *write_until_fault(void *argument)
{
    (void)argument;
    if (sigsetjmp(where, 1) == 0) {
        for (;;) {
            shared_page[0]++;
            atomic_store(&phase, 1);
        }
    }
    return (void *)(intptr_t)faults;
}

// What one thread takes away, another one has no more.
static void shoot_down(int rounds)
{
    int protected = 0, unmapped = 0;

    signal(SIGSEGV, on_fault);
    for (int i = 0; i < rounds; i++) {
        shared_page = mmap(NULL, PAGE * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        atomic_store(&phase, 0);
        pthread_t thread = start(write_until_fault, NULL);
        while (!atomic_load(&phase))
            sched_yield();
        if (i % 2) {
            CHECK(mprotect((void *)shared_page, PAGE * 4, PROT_READ) == 0);
            char before = shared_page[0];
            protected += (intptr_t)join(thread) == 1 && shared_page[0] == before;
            munmap((void *)shared_page, PAGE * 4);
        } else {
            CHECK(munmap((void *)shared_page, PAGE * 4) == 0);
            char *other = mmap(NULL, PAGE * 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
            int clean = 1;
            if ((char *)shared_page >= other + PAGE * 64 || (char *)shared_page < other) {
                unmapped += (intptr_t)join(thread) == 1;
            } else {
                // It may be the same place, and then it writes there.
                mprotect(other, PAGE * 64, PROT_READ);
                unmapped += (intptr_t)join(thread) == 1;
                clean = 0;
            }
            for (int j = 0; clean && j < PAGE * 64; j += 8)
                CHECK(other[j] == 0);
            munmap(other, PAGE * 64);
        }
    }
    printf("faults after mprotect: %d, after munmap: %d\n", protected, unmapped);
}

// Areas and pages, by several threads at once.
static void *map_and_unmap(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument, sum = 0;

    for (int i = 0; i < 150; i++) {
        seed = seed * 1103515245 + 12345;
        size_t pages = seed >> 16 & 63;
        unsigned char *memory = mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(memory != MAP_FAILED);
        for (size_t j = 0; j <= pages; j++) {
            CHECK(memory[j * PAGE] == 0);
            memory[j * PAGE] = (unsigned char)(j + i);
        }
        for (size_t j = 0; j <= pages; j++)
            sum += memory[j * PAGE] == (unsigned char)(j + i);
        void *block = malloc(seed >> 8 & 0xffff);
        CHECK(munmap(memory, (pages + 1) * PAGE) == 0);
        free(block);
        sum -= pages + 1;
    }
    return (void *)(uintptr_t)sum;
}

static void *touch(void *argument)
{
    volatile char *memory = argument;

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 2048; i++)
        atomic_fetch_add((atomic_char *)&memory[i * PAGE], 1);
    return NULL;
}

static void memory(void)
{
    pthread_t threads[4];
    uintptr_t sum = 0;
    char *shared;

    for (int i = 0; i < 4; i++)
        threads[i] = start(map_and_unmap, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < 4; i++)
        sum += (uintptr_t)join(threads[i]);
    printf("lost: %lu\n", (unsigned long)sum);
    // The same pages, first touched by all at once.
    shared = mmap(NULL, 2048 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        threads[i] = start(touch, shared);
    for (int i = 0; i < 4; i++)
        join(threads[i]);
    for (int i = 0; i < 2048; i++)
        sum += shared[i * PAGE] != 4;
    printf("pages that were two: %lu\n", (unsigned long)sum);
}

static void *finish_later(void *argument)
{
    struct timespec little = { 0, 20000000 };

    nanosleep(&little, NULL);
    printf("the last thread\n");
    fflush(stdout);
    return argument;
}

static void *spin_for_ever(void *argument)
{
    atomic_fetch_add(&ready, 1);
    for (;;)
        ;
    return argument;
}

static void *name_itself(void *argument)
{
    char name[16] = "";

    prctl(PR_SET_NAME, argument);
    prctl(PR_GET_NAME, name);
    printf("%s\n", name);
    return NULL;
}

static void names(void)
{
    char name[16];

    prctl(PR_SET_NAME, "first");
    join(start(name_itself, "second"));
    prctl(PR_GET_NAME, name);
    printf("%s\n", name);
}

static void barriers(void)
{
    pthread_t thread;

    printf("%ld\n", syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0 ? (long)errno : 0);
    printf("%ld\n", syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
    thread = start(block_and_wait, NULL);
    until_ready(1);
    for (int i = 0; i < 100; i++)
        CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
    atomic_store(&stop, 1);
    join(thread);
}

static void *crash(void *argument)
{
    prctl(PR_SET_NAME, "crasher");
    *(volatile int *)8 = 1;
    return argument;
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";
    int rounds = count > 2 ? atoi(arguments[2]) : 0;

    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    if (!strcmp(what, "create"))
        create(rounds ? rounds : 50);
    else if (!strcmp(what, "many"))
        many(rounds ? rounds : 200);
    else if (!strcmp(what, "lock"))
        lock(rounds ? rounds : 2000);
    else if (!strcmp(what, "hand-over"))
        hand_over();
    else if (!strcmp(what, "local"))
        local_storage();
    else if (!strcmp(what, "signals"))
        signals();
    else if (!strcmp(what, "interrupt"))
        interrupt();
    else if (!strcmp(what, "masks"))
        masks();
    else if (!strcmp(what, "storm"))
        storm(rounds ? rounds : 300000);
    else if (!strcmp(what, "robust"))
        robust_locks();
    else if (!strcmp(what, "clone3"))
        clone_raw();
    else if (!strcmp(what, "shoot-down"))
        shoot_down(rounds ? rounds : 20);
    else if (!strcmp(what, "memory"))
        memory();
    else if (!strcmp(what, "names"))
        names();
    else if (!strcmp(what, "membarrier"))
        barriers();
    else if (!strcmp(what, "main-exits")) {
        start(finish_later, NULL);
        pthread_exit(NULL);
    } else if (!strcmp(what, "exit-group")) {
        start(spin_for_ever, NULL);
        start(spin_for_ever, NULL);
        start(wait_in_read, (int[]){ 0, 0 });
        until_ready(2);
        exit(5);
    } else if (!strcmp(what, "crash")) {
        start(spin_for_ever, NULL);
        join(start(crash, NULL));
    } else {
        return 2;
    }
    return 0;
}
