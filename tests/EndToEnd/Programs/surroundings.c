// What a program finds around it: arguments, environment, its own path, limits, and a clock that goes forward.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    struct timespec before, after, pause = { 0, 2000000 };
    struct timeval day;
    char path[PATH_MAX], folder[PATH_MAX];
    long length;

    for (int i = 0; i < argc; i++)
        puts(argv[i]);
    for (char **variable = environ; *variable; variable++)
        puts(*variable);
    setenv("ADDED", "here", 1);
    printf("%s %s\n", getenv("ADDED"), getenv("MISSING") ? "found" : "missing");

    length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    printf("%d %d\n", strcmp(path, argv[0]), strcmp((char *)getauxval(AT_EXECFN), argv[0]));
    printf("%d %ld %ld\n", getcwd(folder, sizeof folder) != NULL, sysconf(_SC_PAGESIZE), getauxval(AT_PAGESZ));

    clock_gettime(CLOCK_MONOTONIC, &before);
    printf("%d\n", nanosleep(&pause, NULL));
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%d\n", (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 2000000);
    gettimeofday(&day, NULL);
    printf("%d %d\n", day.tv_sec > 1600000000, labs(day.tv_sec - time(NULL)) <= 1);
    printf("%s", asctime(gmtime(&(time_t){ 86400 })));
    return 3;
}
