// Memory functions, which the compiler also calls by itself. Where KVM emulates ring 0, a string instruction costs about a
// microsecond per iteration and a loop three: so eight bytes at a time, and nothing big is ever moved here.
#include "kernel.h"

void *memcpy(void *to, const void *from, size_t size)
{
    void *target = to;
    size_t count = size / 8;

    __asm__ volatile("rep movsq" : "+D"(target), "+S"(from), "+c"(count) : : "memory");
    count = size % 8;
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(count) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *target = to;
    size_t count = size / 8;
    u64 pattern = (u8)byte * 0x0101010101010101UL;

    __asm__ volatile("rep stosq" : "+D"(target), "+c"(count) : "a"(pattern) : "memory");
    count = size % 8;
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const u8 *left = a, *right = b;

    for (; size; size--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}
