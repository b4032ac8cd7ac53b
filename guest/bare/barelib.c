// Text, and the memory functions that the compiler calls by itself.
#include "barelib.h"

void print(const char *text)
{
    for (; *text; text++)
        putchar(*text);
}

static void print_base(u64 value, unsigned base)
{
    char digits[21];
    char *first = digits + sizeof(digits) - 1;

    *first = 0;
    do {
        *--first = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    print(first);
}

void print_number(long value)
{
    if (value < 0)
        putchar('-');
    print_base(value < 0 ? -(u64)value : (u64)value, 10);
}

void print_hex(u64 value)
{
    print("0x");
    print_base(value, 16);
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

void *memcpy(void *to, const void *from, size_t size)
{
    char *target = to;
    const char *source = from;

    while (size--)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    char *target = to;

    while (size--)
        *target++ = byte;
    return to;
}
