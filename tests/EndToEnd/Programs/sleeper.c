// Says that it runs, then sleeps for as many seconds as it is told.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    puts("awake");
    fflush(stdout);
    sleep(argc > 1 ? atoi(argv[1]) : 1);
    return 0;
}
