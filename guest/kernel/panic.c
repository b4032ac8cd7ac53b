// The end of a VM that cannot go on: the host gets a message and stops it.
#include "kernel.h"

void hypercall_panic(const char *format, ...)
{
    static char message[512];       // not on the stack, which may be what went wrong
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    hypercall_report(message);
}
