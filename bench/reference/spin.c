// Takes what it can get of a processor until whoever started it ends it, or has forgotten it.
#include "vm.h"
#include <unistd.h>

#define FORGOTTEN_SECONDS 600

_Noreturn void spin(void)
{
    alarm(FORGOTTEN_SECONDS);
    for (;;)
        __asm__ volatile("" ::: "memory");
}
