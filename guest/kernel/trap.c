// Exceptions. A user program's ends it by the signal Linux would send, with a message that says what, where and why; the kernel's
// own ends the VM. Only page faults for memory that comes on demand are returned from.
#include "trap.h"
#include "hypercall.h"
#include "kernel.h"
#include "lock.h"
#include "memory.h"
#include "signal.h"
#include "thread.h"
#include "x86.h"

#define BUS_ADRERR   2              // asm-generic/siginfo.h
#define FAULT_WINDOW 32             // pages
#define VECTORS      32             // that are exceptions

// Intel SDM vol. 3A, table 6-1.
static const char *const names[VECTORS] = {
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

// Intel SDM vol. 3A, table 6-1, and what arch/x86/kernel/traps.c makes of them.
static const u8 signals[VECTORS] = {
    [0] = SIGFPE, [1] = SIGTRAP, [3] = SIGTRAP, [6] = SIGILL, [11] = SIGBUS, [12] = SIGBUS, [16] = SIGFPE, [17] = SIGBUS,
    [19] = SIGFPE,
};

static enum access access_of(u64 error_code)
{
    return error_code & PF_FETCH ? ACCESS_FETCH : error_code & PF_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

// Where the page is there and the access is right, the processor may have remembered what was true before.
static int serve_page_fault(u64 error_code, u64 address)
{
    int error = serve_fault(address, access_of(error_code), FAULT_WINDOW);

    if (!error && error_code & PF_PRESENT)
        invlpg(address);
    return error;
}

// By another thread, while this one waited for the lock.
static bool was_brought(const struct trapframe *frame, u64 address)
{
    if (frame->vector != T_PF || !is_there(address, access_of(frame->error_code)))
        return false;
    if (frame->error_code & PF_PRESENT)
        invlpg(address);
    return true;
}

// Ring 0 does nothing that raises an exception.
static __attribute__((noreturn)) void kernel_failed(const struct trapframe *frame, u64 address)
{
    if (frame->vector != T_PF)
        hypercall_panic("kernel: %s, RIP 0x%lx, error code 0x%lx", names[frame->vector % VECTORS], frame->rip, frame->error_code);
    hypercall_panic("kernel: %s at 0x%lx (%s %s), RIP 0x%lx, error code 0x%lx", names[T_PF], address,
                    page_fault_access(frame->error_code), page_fault_page(frame->error_code, address), frame->rip,
                    frame->error_code);
}

static bool page_fault_from_user(const struct trapframe *frame, u64 address)
{
    int error = frame->error_code & PF_RESERVED ? -EFAULT : serve_page_fault(frame->error_code, address);

    if (!error)
        return false;
    if (error == -ENOMEM)
        doom_program(SIGKILL, "%s at 0x%lx: out of memory, RIP 0x%lx, error code 0x%lx", names[T_PF], address, frame->rip,
                     frame->error_code);
    else if (error == -EIO && !signal_is_handled(SIGBUS, BUS_ADRERR, address))
        doom_program(SIGBUS, "%s at 0x%lx (%s a page behind the end of its file), RIP 0x%lx, error code 0x%lx", names[T_PF], address,
                     page_fault_access(frame->error_code), frame->rip, frame->error_code);
    else if (error != -EIO && !signal_is_handled(SIGSEGV, address < USER_TOP && vma_find(address) ? SEGV_ACCERR : SEGV_MAPERR, address))
        doom_program(SIGSEGV, "%s at 0x%lx (%s %s), RIP 0x%lx, error code 0x%lx", names[T_PF], address,
                     page_fault_access(frame->error_code), page_fault_page(frame->error_code, address), frame->rip,
                     frame->error_code);
    return true;
}

static u64 signal_of(const struct trapframe *frame)
{
    return frame->vector != T_PF && signals[frame->vector] ? signals[frame->vector] : SIGSEGV;
}

// Where SYSCALL is not virtualized the program may have executed it and not have come here yet (syscall.S): it is to do so again,
// after the handler. It may also have jumped there; what it could not return to is left as it is.
static bool is_noticed(struct trapframe *frame)
{
    if (!(pending_signals() & ~this_thread()->blocked))
        return false;
    if (frame->rip >= USER_TOP) {
        if (frame->rip != SYSCALL_ENTRY || frame->rcx - SYSCALL_BYTES >= USER_TOP)
            return false;
        frame->rip = frame->rcx - SYSCALL_BYTES;
        frame->rflags = (frame->r11 & USER_FLAGS) | USER_RFLAGS;
    }
    return true;
}

static bool exception_from_user(struct trapframe *frame)
{
    u64 signal;

    if (frame->vector == HYPERCALL_VECTOR)
        return is_noticed(frame);
    signal = signal_of(frame);
    if (!signal_is_handled(signal, signal == SIGFPE ? FPE_INTDIV : signal == SIGILL ? ILL_ILLOPN : SI_KERNEL,
                           signal == SIGFPE || signal == SIGILL ? frame->rip : 0))
        doom_program(signal, "%s, RIP 0x%lx, error code 0x%lx", names[frame->vector], frame->rip, frame->error_code);
    return true;
}

// True when a handler of the program's is to run, or the program to end. Who ends it keeps the lock.
static inline __attribute__((always_inline)) bool raise(struct trapframe *frame, u64 address)
{
    bool delivers;

    if (several_threads()) {
        take_lock();
        if (was_brought(frame, address)) {
            unlock();
            return false;
        }
    }
    delivers = frame->vector == T_PF ? page_fault_from_user(frame, address) : exception_from_user(frame);
    if (!delivers || !program_is_doomed())
        unlock();
    return delivers;
}

// Whether a debugger is to see the exception before anybody else does.
static bool concerns_debugger(const struct trapframe *frame, u64 address)
{
    if (frame->vector == T_PF && !(frame->error_code & PF_RESERVED) && !locked(serve_page_fault(frame->error_code, address)))
        return false;
    this_thread()->fault_address = address;
    return true;
}

// True when finish_trap is to be called, with all registers. Where a notice begins, a page fault of ring 3 may still be about to be
// raised, which is going to be raised again.
bool trap(struct trapframe *frame)
{
    u64 address = read_cr2();

    if (!(frame->cs & RPL_USER)) {
        if (frame->vector == T_PF && frame->error_code & PF_USER)
            return false;
        kernel_failed(frame, address);
    }
    if (program_is_debugged && frame->vector != HYPERCALL_VECTOR)
        return this_thread()->asks_debugger = concerns_debugger(frame, address);
    return raise(frame, address);
}

// What a debugger did may have helped.
static bool debug_trap(struct context *context)
{
    struct thread *thread = this_thread();
    u64 signal = signal_of(&context->frame), passed = debug_signal(context, signal);
    struct signal_info info = { .signal = passed, .code = SI_KERNEL };

    thread->asks_debugger = false;
    if (!passed)
        return false;
    if (passed == signal)
        return raise(&context->frame, thread->fault_address);
    locked((post_to_thread(thread, &info), 0));
    return true;
}

void finish_trap(struct context *context)
{
    struct thread *thread = this_thread();
    bool steps = thread->asks_debugger;

    if (thread->asks_debugger && !debug_trap(context))
        return;
    deliver_trap(context);
    if (steps)
        debug_step(context);
}
