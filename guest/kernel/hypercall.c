// What the kernel itself asks of the host. Structures live on the kernel stack, which is physical memory as any other.
#include "hypercall.h"
#include "kernel.h"

static inline void out(u16 port, u64 value)
{
    __asm__ volatile("outl %%eax, %%dx" : : "a"((u32)value), "d"(port) : "memory");
}

// For the calls that answer by a second exit.
static inline int in(u16 port)
{
    int value;

    __asm__ volatile("inl %%dx, %%eax" : "=a"(value) : "d"(port) : "memory");
    return value;
}

// For the calls that answer in RAX.
static inline long call(u16 port, u64 value)
{
    __asm__ volatile("outl %%eax, %%dx" : "+a"(value) : "d"(port) : "memory");
    return (long)value;
}

long hypercall_open(const char *path)
{
    out(HYPERCALL_OPEN, V2P(path));
    return in(HYPERCALL_OPEN);
}

long hypercall_pread(u64 fd, u64 physical, u64 bytes, u64 offset)
{
    u64 arguments[4] = { fd, physical, bytes, offset };

    return call(HYPERCALL_PREAD, V2P(arguments));
}

void hypercall_close(u64 fd)
{
    out(HYPERCALL_CLOSE, fd);
}

void hypercall_print_error(const char *format, ...)
{
    char text[256];
    u64 arguments[3] = { 2, V2P(text), 0 };
    va_list list;

    va_start(list, format);
    arguments[2] = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    out(HYPERCALL_WRITE, V2P(arguments));
}

void hypercall_exit(u64 status)
{
    out(HYPERCALL_EXIT, status);
    for (;;)
        __asm__ volatile("hlt");
}

void hypercall_report(const char *message)
{
    out(HYPERCALL_PANIC, V2P(message));
    for (;;)
        __asm__ volatile("hlt");
}
