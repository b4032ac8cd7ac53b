// What the kernel itself asks of the host. Structures live on the kernel stack, which is physical memory as any other.
#include "hypercall.h"
#include "kernel.h"
#include "memory.h"
#include "x86.h"

#define FEW_WORDS  6                // less are stored faster than the host is asked to
#define MANY_WORDS 8                // less are looked at faster than the host is asked to

long hypercall_open(const char *path)
{
    outl(HYPERCALL_OPEN, V2P(path));
    return inl(HYPERCALL_OPEN);
}

// No file has so many descriptors that a larger one could be open.
long hypercall_lseek(u64 fd, u32 offset, u32 whence)
{
    u32 arguments[3] = { fd, offset, whence };

    outl(HYPERCALL_LSEEK, V2P(arguments));
    return (int)inl(HYPERCALL_LSEEK);
}

static long transfer(u16 port, u64 fd, u64 physical, u64 bytes)
{
    u64 arguments[3] = { fd, physical, bytes };

    outl(port, V2P(arguments));
    return (int)inl(port);
}

long hypercall_read(u64 fd, u64 physical, u64 bytes)
{
    return transfer(HYPERCALL_READ, fd, physical, bytes);
}

long hypercall_write(u64 fd, u64 physical, u64 bytes)
{
    return transfer(HYPERCALL_WRITE, fd, physical, bytes);
}

long hypercall_pread(u64 fd, u64 physical, u64 bytes, u64 offset)
{
    u64 arguments[4] = { fd, physical, bytes, offset };

    return outl(HYPERCALL_PREAD, V2P(arguments));
}

long hypercall_preadv(u64 fd, const struct transfer *entries, u64 count, u64 offset)
{
    u64 arguments[4] = { fd, V2P(entries), count, offset };

    return outl(HYPERCALL_PREADV, V2P(arguments));
}

void hypercall_zero(u64 physical, u64 bytes)
{
    u64 arguments[2] = { physical, bytes };

    // Handing out what another part of the program left there is no way to go on.
    if (outl(HYPERCALL_ZERO, V2P(arguments)) != 0)
        panic("the host cannot clear %lu bytes at 0x%lx", arguments[1], arguments[0]);
}

u64 hypercall_fill(u64 *words, u64 count, u64 value, u64 step)
{
    u64 arguments[4] = { V2P(words), count, value, step };
    u64 filled = 0;
    long result = count >= FEW_WORDS ? outl(HYPERCALL_FILL, V2P(arguments)) : -ENOSYS;

    if (result >= 0)
        return result;
    for (u64 *end = words + count; words < end; words++) {
        if (*words)
            continue;
        *words = value;
        value += step;
        filled++;
    }
    return filled;
}

u64 hypercall_runs(const u64 *words, u64 count, u64 step, struct word_run *runs, u64 most)
{
    u64 arguments[5] = { V2P(words), count, step, V2P(runs), most };
    struct word_run *run = runs;
    long result = count >= MANY_WORDS ? outl(HYPERCALL_RUNS, V2P(arguments)) : -ENOSYS;
    u64 next = 0;

    if (result >= 0)
        return result;
    for (u64 i = 0; i < count; i++) {
        u64 value = words[i];
        if (!value)
            continue;
        if (run > runs && value == next && run[-1].index + run[-1].count == i) {
            run[-1].count++;
        } else {
            if (run == runs + most)
                break;
            *run++ = (struct word_run){ i, value, 1 };
        }
        next = value + step;
    }
    return run - runs;
}

long hypercall_share(u64 fd)
{
    return outl(HYPERCALL_SHARE, fd);
}

long hypercall_share_fill(u64 file, u64 first, u64 count, u64 *entries, u64 physical, u64 bits)
{
    u64 arguments[6] = { file, first, count, V2P(entries), physical, bits };

    return outl(HYPERCALL_SHAREFILL, V2P(arguments));
}

long hypercall_share_sync(u64 file, u64 first, u64 count, bool lasts)
{
    u64 arguments[4] = { file, first, count, lasts };

    return outl(HYPERCALL_SHARESYNC, V2P(arguments));
}

long hypercall_unshare(u64 file, struct transfer *runs, u64 most)
{
    u64 arguments[3] = { file, most ? V2P(runs) : 0, most };

    return outl(HYPERCALL_UNSHARE, V2P(arguments));
}

void hypercall_close(u64 fd)
{
    outl(HYPERCALL_CLOSE, fd);
}

long hypercall_random(u64 physical, u64 bytes)
{
    u64 arguments[2] = { physical, bytes };

    return outl(HYPERCALL_RANDOM, V2P(arguments));
}

// A host that does not know it answers -ENOSYS, and the program has what the kernel found by itself.
long hypercall_ready(u64 random, u64 bytes)
{
    u64 arguments[2] = { random, bytes };

    return outl(HYPERCALL_READY, V2P(arguments));
}

void hypercall_refuse(u64 status, const char *format, ...)
{
    char text[512];
    u64 line[3] = { 2, V2P(text), 0 }, refused[2] = { status, V2P(text) };
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(text, sizeof(text) - 1, format, list);
    va_end(list);
    text[length] = '\n';
    line[2] = length + 1;
    outl(HYPERCALL_WRITE, V2P(line));
    text[length] = 0;
    outl(HYPERCALL_REFUSED, V2P(refused));
    hypercall_exit(status);         // should the host not know that call
}

long hypercall_start(u64 vcpu, u64 rip, u64 rsp, u64 rdi)
{
    u64 arguments[4] = { vcpu, rip, rsp, rdi };

    return outl(HYPERCALL_START, V2P(arguments));
}

// The word, which the host is to clear, may be null.
void hypercall_park(const volatile u32 *busy)
{
    outl(HYPERCALL_PARK, busy ? V2P(busy) : 0);
    halt();
}

// A vCPU that has been parked meanwhile needs none.
void hypercall_notify(u64 vcpu)
{
    outl(HYPERCALL_NOTIFY, vcpu);
}

void hypercall_flush(void)
{
    outl(HYPERCALL_FLUSH, 0);
}

void hypercall_exit_group(u64 status)
{
    outl(HYPERCALL_EXIT_GROUP, status);
    hypercall_exit(status);         // should the host not know that call
}

void hypercall_exit(u64 status)
{
    outl(HYPERCALL_EXIT, status);
    halt();
}
