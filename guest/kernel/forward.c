// System calls that the kernel itself makes of the host, for a thread that ends or waits. Their addresses are user ones.
#include "hypercall.h"
#include "kernel.h"
#include "memory.h"
#include "x86.h"

// What a notice tells is the caller's to find out: it has a look at the signals anyway.
long forward_call(u64 number, u64 first, u64 second, u64 third, u64 fourth, u64 fifth, u64 sixth)
{
    u64 arguments[6] = { first, second, third, fourth, fifth, sixth };
    long result;

    for (;;) {
        u64 report = out_syscall(number, arguments, &result);
        if (!(report & HYPERCALL_FAULT) || (report & HYPERCALL_NOTICE) == HYPERCALL_NOTICE)
            return result;
        if (!host_fault(report))
            return -EFAULT;
    }
}
