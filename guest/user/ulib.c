// What ulib.h says, in C.
#include "ulib.h"

long read(int fd, void *buffer, size_t bytes)
{
    return syscall3(SYS_read, fd, (unsigned long)buffer, bytes);
}

long write(int fd, const void *buffer, size_t bytes)
{
    return syscall3(SYS_write, fd, (unsigned long)buffer, bytes);
}

long open(const char *path, int flags)
{
    return syscall3(SYS_open, (unsigned long)path, flags, 0);
}

long close(int fd)
{
    return syscall3(SYS_close, fd, 0, 0);
}

long lseek(int fd, long offset, int whence)
{
    return syscall3(SYS_lseek, fd, offset, whence);
}

void exit(int status)
{
    for (;;)
        syscall3(SYS_exit_group, status, 0, 0);
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a - *b;
}

long parse_number(const char *text)
{
    int negative = *text == '-';
    long value = 0;

    for (text += negative; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    return negative ? -value : value;
}

void print(int fd, const char *text)
{
    write(fd, text, strlen(text));
}

static void print_base(int fd, unsigned long value, unsigned base)
{
    char digits[20];
    char *first = digits + sizeof(digits);

    do {
        *--first = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    write(fd, first, digits + sizeof(digits) - first);
}

void print_number(int fd, long value)
{
    if (value < 0)
        print(fd, "-");
    print_base(fd, value < 0 ? -(unsigned long)value : (unsigned long)value, 10);
}

void print_hex(int fd, unsigned long value)
{
    print(fd, "0x");
    print_base(fd, value, 16);
}
