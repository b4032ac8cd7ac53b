// Dies of the signal the argument names, or of an access it must not make.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *page(int prot)
{
    char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memory[0] = (char)0xc3;
    mprotect(memory, 4096, prot);
    return memory;
}

static int recurse(int depth)
{
    volatile char frame[1000];

    frame[0] = depth;
    if (depth < 0)
        return 0;
    return recurse(depth + 1) + frame[0];
}

int main(int argc, char **argv)
{
    volatile int *volatile null = (volatile int *)8;
    const char *how = argc > 1 ? argv[1] : "";

    printf("%s\n", how);
    fflush(stdout);
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "raise"))
        raise(atoi(argv[2]));
    if (!strcmp(how, "kill"))
        kill(getpid(), atoi(argv[2]));
    if (!strcmp(how, "ignored")) {
        signal(SIGTERM, SIG_IGN);
        raise(SIGTERM);
        puts("still here");
        return 5;
    }
    if (!strcmp(how, "blocked")) {
        sigset_t set, pending;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        raise(SIGUSR1);
        sigpending(&pending);
        printf("pending %d\n", sigismember(&pending, SIGUSR1));
        fflush(stdout);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    if (!strcmp(how, "null"))
        *null = 1;
    if (!strcmp(how, "read-only"))
        *(volatile char *)page(PROT_READ) = 1;
    if (!strcmp(how, "none"))
        printf("%d\n", *(volatile char *)page(PROT_NONE));
    if (!strcmp(how, "nx"))
        ((void (*)(void))(unsigned long)page(PROT_READ | PROT_WRITE))();
    if (!strcmp(how, "unmapped")) {
        char *memory = page(PROT_READ);
        munmap(memory, 4096);
        printf("%d\n", *(volatile char *)memory);
    }
    if (!strcmp(how, "constant"))
        *(volatile char *)(unsigned long)"constant" = 1;
    if (!strcmp(how, "ud"))
        __builtin_trap();
    if (!strcmp(how, "div"))
        printf("%d\n", atoi("1") / atoi("0"));
    if (!strcmp(how, "breakpoint"))
        __asm__ volatile("int3");
    if (!strcmp(how, "privileged"))
        __asm__ volatile("hlt");
    if (!strcmp(how, "stack"))
        return recurse(0);
    if (!strcmp(how, "assert"))
        return system("true") == -1 ? 3 : 4;
    return 1;
}
