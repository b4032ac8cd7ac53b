// How long a guest that spins runs on after a signal to its vCPU's thread: the median of many. Arguments: the image and how many.
#include "vm.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#define RUN_NS 20000000l

static struct vm vm;
static sem_t begin, ended;
static uint64_t left_ns;

static void nothing(int signal) { (void)signal; }

static void *run(void *unused)
{
    (void)unused;
    for (;;) {
        sem_wait(&begin);
        if (ioctl(vm.vcpu, KVM_RUN, 0) >= 0 || errno != EINTR)
            unexpected_exit(&vm);
        left_ns = now_ns();
        sem_post(&ended);
    }
    return NULL;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

int stops(char **arguments)
{
    struct image image = read_image(arguments[0]);
    size_t count = (size_t)strtol(arguments[1], NULL, 0);
    uint64_t *durations = calloc(count, sizeof *durations);
    struct sigaction action = { .sa_handler = nothing };
    struct timespec pause = { .tv_nsec = RUN_NS };
    pthread_t thread;

    create_vm(&vm, open_kvm(), NULL);
    load_vm(&vm, &image);
    sem_init(&begin, 0, 0);
    sem_init(&ended, 0, 0);
    if (!durations || count == 0 || sigaction(SIGUSR1, &action, NULL) < 0 || pthread_create(&thread, NULL, run, NULL) != 0)
        fail("pthread_create", "vCPU");
    for (size_t i = 0; i < count; i++) {
        uint64_t signalled;

        sem_post(&begin);
        nanosleep(&pause, NULL);
        signalled = now_ns();
        pthread_kill(thread, SIGUSR1);
        while (sem_wait(&ended) < 0) {
        }
        durations[i] = left_ns - signalled;
    }
    qsort(durations, count, sizeof *durations, compare);
    printf("{\"operations\": %zu, \"nsPerOperation\": %lu}\n", count, durations[count / 2]);
    return 0;
}
