// What is measured, under the guest kernel and, with KVMACTORS_BARE, without.
#include <kvmactors.h>

static struct kvmactors_import inline_ = { "Inline", "v()", -1 }, pooled = { "Pooled", "v()", -1 };
static unsigned char buffer[256];

static void ask(struct kvmactors_call *call, struct kvmactors_import *function)
{
    // Many in one call, so that the call itself does not count.
    for (int32_t times = kvmactors_get_i32(call); times > 0; times--) {
        struct kvmactors_call asked;

        kvmactors_begin(&asked, buffer, sizeof(buffer));
        if (kvmactors_invoke(&asked, function)) {
            kvmactors_fail(call, "the host function failed");
            return;
        }
    }
}

KVMACTORS_FUNCTION(empty, "v()") { (void)call; }
KVMACTORS_FUNCTION(ask_inline, "v(i)") { ask(call, &inline_); }
KVMACTORS_FUNCTION(ask_pooled, "v(i)") { ask(call, &pooled); }

#ifdef KVMACTORS_BARE
KVMACTORS_FUNCTION(ports, "v(i)")
{
    for (int32_t times = kvmactors_get_i32(call); times > 0; times--)
        __asm__ volatile("outb %%al, $0x50" : : "a"(0));
}

__attribute__((noreturn)) void _start(void)
{
    kvmactors_serve();
    for (;;)
        __asm__ volatile("hlt");
}
#else
int main(void) { return -kvmactors_serve(); }
#endif
