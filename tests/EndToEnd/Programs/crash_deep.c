// Functions that call one another, the innermost of which writes 42 to address 8.
#include <stdlib.h>

__attribute__((noipa)) static long innermost(volatile long *where, long value)
{
    *where = value;
    return value + 1;
}

__attribute__((noipa)) static long middle(volatile long *where, long value)
{
    return innermost(where, value * 2) + value;
}

__attribute__((noipa, optimize("no-omit-frame-pointer"))) static long outermost(volatile long *where, long value)
{
    return middle(where, value + 1) * value;
}

int main(int argc, char **argv)
{
    return outermost((volatile long *)(argc * 8L), 20) + atoi(argv[0]) & 1;
}
