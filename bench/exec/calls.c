// Makes one kind of system call many times and prints the mean seconds of one: getpid, or read of so many bytes.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "timing.h"

int main(int argc, char **argv)
{
    static char buffer[65536];
    const long calls = 2000;
    size_t size = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
    int fd = size ? open(argv[1], O_RDONLY) : -1;
    double start, sum = 0;

    memset(buffer, 1, sizeof buffer);
    start = now();
    for (long i = 0; i < calls; i++)
        sum += (double)(size ? pread(fd, buffer, size, 0) : syscall(SYS_getpid));
    printf("%.9f %g\n", (now() - start) / calls, sum);
    return 0;
}
