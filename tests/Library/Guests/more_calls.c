// Functions of another file are functions of the same guest.
#include <kvmactors.h>

void raise_fault(void)
{
    __asm__ volatile("movl $1, 8");
}

KVMACTORS_FUNCTION(elsewhere, "b()") { kvmactors_return_bool(call, 1); }
