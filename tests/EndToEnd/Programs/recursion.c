// Recursion through nearly all of the 8 MiB a stack may have, in steps smaller and larger than a page.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned small(unsigned depth)
{
    volatile char frame[128];

    frame[depth % 128] = depth;
    return depth ? small(depth - 1) + frame[depth % 128] : 0;
}

static unsigned large(unsigned depth)
{
    char frame[100000];

    memset(frame, depth, sizeof(frame));
    __asm__ volatile("" : : "r"(frame) : "memory");
    return depth ? large(depth - 1) + (unsigned char)frame[depth] : 0;
}

// The first touch of a new stack page is the host's, or the kernel's on its behalf.
static long read_far_below(int depth)
{
    char frame[60000];

    __asm__ volatile("" : : "r"(frame) : "memory");
    return depth ? read_far_below(depth - 1) + (frame[0] == 'x') : (long)readlink("/nonexistent", frame, sizeof(frame));
}

int main(void)
{
    printf("%ld\n", read_far_below(0));
    printf("%u\n", small(30000));
    printf("%u\n", large(70));
    printf("%d\n", read_far_below(20) <= 20);
    return 0;
}
