// Prints one line.
#include "ulib.h"

// Reached through a pointer in memory, so that the static-pie build has an address to relocate.
static const char *volatile greeting = "Hello from ring 3!\n";

int main(void)
{
    print(1, greeting);
    return 0;
}
