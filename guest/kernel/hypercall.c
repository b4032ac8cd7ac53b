// What the kernel itself asks of the host. Structures live on the kernel stack, which is physical memory as any other.
#include "hypercall.h"
#include "kernel.h"

// port.S
long outl(u16 port, u32 value);
int inl(u16 port);
void halt(void) __attribute__((noreturn));

long hypercall_open(const char *path)
{
    outl(HYPERCALL_OPEN, V2P(path));
    return inl(HYPERCALL_OPEN);
}

long hypercall_pread(u64 fd, u64 physical, u64 bytes, u64 offset)
{
    u64 arguments[4] = { fd, physical, bytes, offset };

    return outl(HYPERCALL_PREAD, V2P(arguments));
}

void hypercall_close(u64 fd)
{
    outl(HYPERCALL_CLOSE, fd);
}

void hypercall_print_error(const char *format, ...)
{
    char text[256];
    u64 arguments[3] = { 2, V2P(text), 0 };
    va_list list;

    va_start(list, format);
    arguments[2] = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    outl(HYPERCALL_WRITE, V2P(arguments));
}

void hypercall_exit(u64 status)
{
    outl(HYPERCALL_EXIT, status);
    halt();
}

void hypercall_report(const char *message)
{
    outl(HYPERCALL_PANIC, V2P(message));
    halt();
}
