// The end of a VM that cannot go on, by the kernel's failure or the program's: the host gets a message and stops it.
#include "kernel.h"

static char message[512];           // not on the stack, which may be what went wrong

void hypercall_panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    hypercall_report(message);
}

void kill_program(u64 signal, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    hypercall_killed(signal, message);
}
