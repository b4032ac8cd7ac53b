// Text for messages: %s %c %d %u %lu %x %lx and %%. Messages are the end of a run, so this may be simple and slow.
#include "kernel.h"

struct sink {
    char *next;
    char *end;                      // where the final NUL goes at the latest
};

static void put(struct sink *sink, char c)
{
    if (sink->next < sink->end)
        *sink->next++ = c;
}

static void put_number(struct sink *sink, u64 value, u64 base)
{
    char digits[20];
    int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        put(sink, digits[--count]);
}

static void put_signed(struct sink *sink, long value)
{
    if (value < 0)
        put(sink, '-');
    put_number(sink, value < 0 ? -(u64)value : (u64)value, 10);
}

// Returns how many bytes it wrote, without the NUL.
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = { buffer, buffer + size - 1 };

    for (; *format; format++) {
        if (*format != '%') {
            put(&sink, *format);
            continue;
        }
        format++;
        bool is_long = *format == 'l';
        if (is_long)
            format++;
        switch (*format) {
        case 's':
            for (const char *text = va_arg(arguments, const char *); *text; text++)
                put(&sink, *text);
            break;
        case 'c':
            put(&sink, va_arg(arguments, int));
            break;
        case 'd':
            put_signed(&sink, is_long ? va_arg(arguments, long) : va_arg(arguments, int));
            break;
        case 'u':
            put_number(&sink, is_long ? va_arg(arguments, u64) : va_arg(arguments, u32), 10);
            break;
        case 'x':
            put_number(&sink, is_long ? va_arg(arguments, u64) : va_arg(arguments, u32), 16);
            break;
        default:
            put(&sink, *format);
        }
    }
    *sink.next = 0;
    return sink.next - buffer;
}
