// Evaluates formulas such as 2*(x=3)^2, as careless as such code is: one may divide by zero, compute for ever, and use up the stack.
#define KVMACTORS_BUFFER_BYTES (1 << 20)
#include <kvmactors.h>

static int64_t variables[26];       // which stay from one formula to the next
static const char *at;

static int64_t sum(void);

static int64_t atom(void)
{
    if (*at == '(') {
        int64_t value;

        at++;
        value = sum();
        at += *at == ')';
        return value;
    }
    if (*at >= 'a' && *at <= 'z') {
        int64_t *variable = &variables[*at++ - 'a'];

        if (*at == '=') {
            at++;
            *variable = sum();
        }
        return *variable;
    }

    int64_t number = 0;

    while (*at >= '0' && *at <= '9')
        number = number * 10 + (*at++ - '0');
    return number;
}

static int64_t power(void)
{
    int64_t base = atom();

    if (*at == '^') {
        uint64_t value = 1;

        at++;
        for (int64_t exponent = power(); exponent > 0; exponent--) {
            value *= (uint64_t)base;
            __asm__ volatile("" : "+r"(value));     // or a compiler finds something faster
        }
        return (int64_t)value;
    }
    return base;
}

static int64_t product(void)
{
    int64_t value = power();

    while (*at == '*' || *at == '/') {
        if (*at++ == '*')
            value *= power();
        else
            value /= power();
    }
    return value;
}

static int64_t sum(void)
{
    int64_t value = product();

    while (*at == '+' || *at == '-') {
        if (*at++ == '+')
            value += product();
        else
            value -= product();
    }
    return value;
}

KVMACTORS_FUNCTION(evaluate, "x(s)")
{
    at = kvmactors_get_text(call).data;

    int64_t value = sum();

    if (*at)
        kvmactors_fail(call, "that is no formula");
    else
        kvmactors_return_i64(call, value);
}

int main(void) { return -kvmactors_serve(); }
