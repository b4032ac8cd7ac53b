// Three threads, one that computes, one that waits for a lock, and the first, which meets the others; then what its argument says.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t ready;
static volatile int done;
volatile long turns;
int watched;

__attribute__((noinline)) int twice(int number)
{
    int result = number * 2;
    return result;
}

static void *waits(void *unused)
{
    pthread_setname_np(pthread_self(), "waiter");
    pthread_barrier_wait(&ready);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return unused;
}

static void *computes(void *unused)
{
    pthread_setname_np(pthread_self(), "computer");
    pthread_barrier_wait(&ready);
    while (!done)
        turns++;
    return unused;
}

__attribute__((noinline)) void meet(const char *text)
{
    puts(text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *wish = argc > 1 ? argv[1] : "";
    pthread_t threads[2];

    watched = twice(21);
    pthread_barrier_init(&ready, NULL, 3);
    pthread_mutex_lock(&gate);
    pthread_create(&threads[0], NULL, waits, NULL);
    pthread_create(&threads[1], NULL, computes, NULL);
    pthread_barrier_wait(&ready);
    while (turns < 1000)
        usleep(1000);
    usleep(50000);
    meet("met");
    if (!strcmp(wish, "write"))
        *(volatile int *)16 = 1;
    if (!strcmp(wish, "abort"))
        abort();
    if (!strcmp(wish, "pause"))
        pause();
    done = 1;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return twice(watched) == 84 ? 7 : 1;
}
