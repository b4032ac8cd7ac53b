// A bare guest with functions: no kernel, no C library.
#include <kvmactors.h>

static uint32_t counter;

KVMACTORS_FUNCTION(empty, "v()") { (void)call; }
KVMACTORS_FUNCTION(count, "u()") { kvmactors_return_u32(call, ++counter); }
KVMACTORS_FUNCTION(add, "i(ii)") { int32_t first = kvmactors_get_i32(call); kvmactors_return_i32(call, first + kvmactors_get_i32(call)); }

static struct kvmactors_import twice = { "Twice", "i(i)", -1 };

KVMACTORS_FUNCTION(ask, "i(i)")
{
    static unsigned char buffer[256];
    struct kvmactors_call asked;
    int32_t value = kvmactors_get_i32(call);

    kvmactors_begin(&asked, buffer, sizeof(buffer));
    kvmactors_put_i32(&asked, value);
    if (kvmactors_invoke(&asked, &twice) == 0)
        kvmactors_return_i32(call, kvmactors_get_i32(&asked));
    else
        kvmactors_fail(call, "the host would not");
}

__attribute__((noreturn)) void _start(void)
{
    kvmactors_serve();
    for (;;)
        __asm__ volatile("hlt");
}
