// The end of a VM that cannot go on, by the kernel's failure or the program's: the host gets a message and stops it.
#include "hypercall.h"
#include "kernel.h"
#include "memory.h"
#include "thread.h"
#include "x86.h"

static char message[512];           // not on the stack, which may be what went wrong
static u64 doom;                    // the signal that ends the program, or 0
static const struct thread *doomed;     // the thread that brought it

const char *program_name = "the program";

static __attribute__((noreturn)) void report(void)
{
    outl(HYPERCALL_PANIC, V2P(message));
    halt();
}

void hypercall_panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    report();
}

static int print(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return length;
}

void doom_program(u64 signal, const char *format, ...)
{
    va_list arguments;

    int length;

    doom = signal;
    doomed = this_thread();
    length = doomed == &first_thread ? print("%s: ", program_name)
        : print("%s: thread %u (%s): ", program_name, doomed->tid, doomed->name->comm);
    va_start(arguments, format);
    vsnprintf(message + length, sizeof(message) - length, format, arguments);
    va_end(arguments);
}

bool program_is_doomed(void)
{
    return doom && doomed == this_thread();
}

void kill_program(void)
{
    u64 killed[2] = { doom, V2P(message) };

    outl(HYPERCALL_KILLED, V2P(killed));
    report();                       // should the host not know that call
}
