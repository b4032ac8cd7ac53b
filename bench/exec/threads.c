// Prints the mean seconds of one: thread created and joined ("create"), futex handed over ("hand-over"), page mapped, touched and unmapped
// ("map"), look at the clock ("clock"); or of computing the same twice in one thread ("one") or in two ("two").
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "timing.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long turn, turns;

static void *nothing(void *argument)
{
    return argument;
}

// Two threads wait for one another by turns.
static void *take_turns(void *argument)
{
    long mine = (long)argument;

    pthread_mutex_lock(&mutex);
    while (turn < turns) {
        if (turn % 2 == mine) {
            turn++;
            pthread_cond_signal(&changed);
        } else {
            pthread_cond_wait(&changed, &mutex);
        }
    }
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *compute(void *argument)
{
    volatile unsigned long sum = 0;

    for (unsigned long i = 0; i < 1000000000; i++)
        sum += i;
    return argument;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "create";
    long count = 1;
    double start = now(), sum = 0;
    pthread_t first, second;

    if (!strcmp(what, "create")) {
        for (count = 0; count < 500; count++) {
            pthread_create(&first, NULL, nothing, NULL);
            pthread_join(first, NULL);
        }
    } else if (!strcmp(what, "hand-over")) {
        count = turns = 5000;
        pthread_create(&first, NULL, take_turns, (void *)0);
        pthread_create(&second, NULL, take_turns, (void *)1);
        pthread_join(first, NULL);
        pthread_join(second, NULL);
    } else if (!strcmp(what, "map")) {
        for (count = 0; count < 2000; count++) {
            char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            *page = 1;
            munmap(page, 4096);
        }
    } else if (!strcmp(what, "clock")) {
        for (count = 0; count < 1000000; count++)
            sum += now();
    } else if (!strcmp(what, "one")) {
        compute(NULL);
        compute(NULL);
    } else {
        pthread_create(&first, NULL, compute, NULL);
        pthread_create(&second, NULL, compute, NULL);
        pthread_join(first, NULL);
        pthread_join(second, NULL);
    }
    printf("%.9f %g\n", (now() - start) / count, sum);
    return 0;
}
