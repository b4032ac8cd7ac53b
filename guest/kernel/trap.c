// Exceptions. A user program's ends the VM with a message that says what, where and why, as does the kernel's own; only the
// stack's growth is served and returned from.
#include "trap.h"
#include "kernel.h"
#include "mmu.h"
#include "x86.h"

// Intel SDM vol. 3A, table 6-1.
static const char *const names[32] = {
    "#DE divide error", "#DB debug exception", "NMI", "#BP breakpoint", "#OF overflow", "#BR bound range exceeded",
    "#UD invalid opcode", "#NM device not available", "#DF double fault", "vector 9", "#TS invalid TSS",
    "#NP segment not present", "#SS stack-segment fault", "#GP general protection fault", "#PF page fault", "vector 15",
    "#MF x87 floating-point error", "#AC alignment check", "#MC machine check", "#XM SIMD floating-point error",
    "#VE virtualization exception", "#CP control protection exception", "vector 22", "vector 23", "vector 24", "vector 25",
    "vector 26", "vector 27", "#HV hypervisor injection", "#VC VMM communication", "#SX security exception", "vector 31",
};

static const char *page_fault_access(u64 error_code)
{
    return error_code & PF_FETCH ? "jump to" : error_code & PF_WRITE ? "write to" : "read of";
}

static const char *page_fault_page(u64 error_code, u64 address)
{
    if (address >= USER_TOP && error_code & PF_USER)
        return "a kernel page";
    if (!(error_code & PF_PRESENT))
        return "an unmapped page";
    if (error_code & PF_RESERVED)
        return "a page with a bad table entry";
    if (error_code & PF_FETCH)
        return "a page that is not executable";
    return error_code & PF_WRITE ? "a read-only page" : "a protected page";
}

void trap(struct trapframe *frame)
{
    bool from_user = frame->cs & RPL_USER;
    const char *who = from_user ? current->name : "kernel";
    u64 address = read_cr2();

    if (frame->vector != T_PF)
        hypercall_panic("%s: %s, RIP 0x%lx, error code 0x%lx", who, names[frame->vector], frame->rip, frame->error_code);
    if (from_user && !(frame->error_code & PF_PRESENT) && grow_user_stack(current, address))
        return;
    hypercall_panic("%s: %s at 0x%lx (%s %s), RIP 0x%lx, error code 0x%lx", who, names[T_PF], address,
                    page_fault_access(frame->error_code), page_fault_page(frame->error_code, address), frame->rip,
                    frame->error_code);
}
