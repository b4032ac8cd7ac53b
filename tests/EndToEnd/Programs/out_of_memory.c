// Takes memory until there is none: malloc and mmap must say so, and everything must still be right. Output does not depend on how
// much there was.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = { 200 << 20, 200 << 20 };
    enum { MOST = 4096 };
    static char *blocks[MOST];
    int count[2];

    setrlimit(RLIMIT_AS, &limit);
    for (int round = 0; round < 2; round++) {
        int i;
        for (i = 0; i < MOST; i++) {
            blocks[i] = malloc(100000 + i);
            if (!blocks[i])
                break;
            memset(blocks[i], i, 100000 + i);
        }
        if (i == MOST || errno != ENOMEM)
            return printf("never ended\n"), 1;
        count[round] = i;
        for (int j = 0; j < i; j++)
            for (int k = 0; k < 100000 + j; k += 1000)
                if (blocks[j][k] != (char)j)
                    return printf("block %d is wrong\n", j), 1;
        if (mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
            return printf("mmap of 1 GiB\n"), 1;
        for (int j = 0; j < i; j++)
            free(blocks[j]);
    }
    printf("all freed memory came back: %d\n", count[1] >= count[0] * 9 / 10);
    return 0;
}
