// A process for each VM, so many at once. Arguments: the guest kernel, its program, how many, how many at once, and `fork` or
// `exec`: whether each is a copy of this process or the program started anew, as a shell would.
#include "vm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// One short life. Arguments: the guest kernel and its program.
int one(char **arguments)
{
    struct image kernel = read_image(arguments[0]);

    return run_program(&kernel, arguments[1]);
}

static void start_one(char **arguments, const char *self, int execs)
{
    pid_t child = fork();

    if (child < 0)
        fail("fork", self);
    if (child > 0)
        return;
    if (execs) {
        execl(self, self, "one", arguments[0], arguments[1], (char *)NULL);
        fail("execl", self);
    }
    _exit(one(arguments));
}

static void await_one(void)
{
    int status;

    if (wait(&status) < 0 || status != 0) {
        fprintf(stderr, "kvm-reference: an instance failed with status 0x%x\n", status);
        exit(1);
    }
}

int processes(char **arguments, const char *self)
{
    long count = strtol(arguments[2], NULL, 0), at_once = strtol(arguments[3], NULL, 0), alive = 0;
    int execs = strcmp(arguments[4], "exec") == 0;
    uint64_t start = now_ns();

    for (long i = 0; i < count; i++) {
        if (alive == at_once) {
            await_one();
            alive--;
        }
        start_one(arguments, self, execs);
        alive++;
    }
    while (alive-- > 0)
        await_one();
    fprintf(stderr, "{\"operations\": %ld, \"nsPerOperation\": %.1f}\n", count, (double)(now_ns() - start) / (double)count);
    return 0;
}
