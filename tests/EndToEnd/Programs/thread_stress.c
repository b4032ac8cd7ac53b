// Everything that threads do, at once: mutexes, condition variables, barriers, writes to one file, and signals all the while. The first
// argument is the file, the second how many rounds. The same output on the host and in a VM, each time.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { threads = 8, items = 40, room = 4 };

#define CHECK(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

struct line {
    int worker, round;
};

static pthread_t workers[threads];
static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[room], queued, rounds, file;
static long put_sum, taken_sum, taken[threads];
static atomic_long handled;
static atomic_int running = threads;

static void fail(const char *what, int line)
{
    printf("line %d: not %s (errno %d)\n", line, what, errno);
    exit(1);
}

static void on_signal(int number)
{
    atomic_fetch_add(&handled, 1);
    errno = EDOM; // As a careless handler does: only its own thread's, between two calls.
}

static void put(int item)
{
    pthread_mutex_lock(&mutex);
    while (queued == room)
        pthread_cond_wait(&not_full, &mutex);
    queue[queued++] = item;
    put_sum += item;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
}

static int take(void)
{
    pthread_mutex_lock(&mutex);
    while (queued == 0)
        pthread_cond_wait(&not_empty, &mutex);
    int item = queue[--queued];
    taken_sum += item;
    pthread_cond_broadcast(&not_full);
    pthread_mutex_unlock(&mutex);
    return item;
}

static void *work(void *argument)
{
    int number = (int)(long)argument;
    unsigned seed = number + 1;

    for (int round = 0; round < rounds; round++) {
        struct line line = { number, round };
        int serial = pthread_barrier_wait(&barrier);

        CHECK(serial == 0 || serial == PTHREAD_BARRIER_SERIAL_THREAD);
        for (int i = 0; i < items; i++) {
            if (number % 2)
                taken[number] += take();
            else
                put(round * items + i + number);
            if (i % 8 == 0)
                pthread_kill(workers[rand_r(&seed) % threads], SIGUSR1);
        }
        CHECK(write(file, &line, sizeof(line)) == sizeof(line));

        // Nobody is past this one before all have put and taken what they had to.
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            CHECK(queued == 0);
            CHECK(put_sum == taken_sum);
        }
    }
    // A thread that has ended may not be sent signals: all stay until each is done.
    atomic_fetch_sub(&running, 1);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void check_file(void)
{
    struct line line;
    int next[threads] = { 0 };
    long lines = 0;

    CHECK(lseek(file, 0, SEEK_SET) == 0);
    while (read(file, &line, sizeof(line)) == sizeof(line)) {
        CHECK(line.worker >= 0 && line.worker < threads);
        CHECK(line.round == next[line.worker]++);
        lines++;
    }
    printf("lines in order: %ld\n", lines);
}

int main(int count, char **arguments)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    long sum = 0;

    if (count != 3)
        return 2;
    rounds = atoi(arguments[2]);
    CHECK((file = open(arguments[1], O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600)) >= 0);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_barrier_init(&barrier, NULL, threads) == 0);
    for (long i = 0; i < threads; i++)
        CHECK(pthread_create(&workers[i], NULL, work, (void *)i) == 0);
    while (atomic_load(&running) > 0)
        usleep(1000);
    for (int i = 0; i < threads; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);

    for (int i = 0; i < threads; i++)
        sum += taken[i];
    printf("put %ld, taken %ld, by all %ld\n", put_sum, taken_sum, sum);
    check_file();
    CHECK(close(file) == 0);
    printf("signals were handled: %d\n", atomic_load(&handled) > 0);
    return 0;
}
