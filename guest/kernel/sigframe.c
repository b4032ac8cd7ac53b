// What a signal handler finds on its stack, by Linux's layout (asm/sigcontext.h, asm/ucontext.h), and the way back from there.
// The floating-point state is what FXSAVE has: the upper halves of AVX registers are left to the handler to preserve.
#include "kernel.h"
#include "memory.h"
#include "signal.h"
#include "x86.h"

#define SA_ONSTACK      0x08000000UL
#define SA_RESTORER     0x04000000UL
#define RED_ZONE        128
#define UC_FLAGS        6           // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
#define FLAGS_CLEARED   0x10500UL   // RF, DF, TF: what a handler does not inherit
#define FXSAVE_MXCSR      24
#define FXSAVE_MXCSR_MASK 28
#define MXCSR_DEFAULT_MASK 0xffbf

struct machine_context {
    u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    u16 cs, gs, fs, ss;
    u64 error_code, vector, old_mask, cr2, fpstate, reserved[8];
};
_Static_assert(sizeof(struct machine_context) == 256, "struct sigcontext");

struct signal_frame {
    u64 restorer;
    u64 flags, link;                // from here on ucontext_t
    struct alternate_stack stack;
    struct machine_context machine;
    u64 mask;
    struct signal_info info;
};

static u8 fpstate[512] __attribute__((aligned(16)));     // used with the lock held

// What a handler begins with, as a program does: FCW 0x37f, MXCSR 0x1f80. An exception that is pending would be raised in it again.
static const u8 fpstate_initial[512] __attribute__((aligned(16))) = {
    [0] = 0x7f, [1] = 0x03, [FXSAVE_MXCSR] = 0x80, [FXSAVE_MXCSR + 1] = 0x1f,
};

bool is_on_stack(u64 rsp, const struct alternate_stack *stack)
{
    return !(stack->flags & (SS_DISABLE | SS_AUTODISARM)) && rsp > stack->address && rsp - stack->address <= stack->size;
}

int push_signal_frame(struct context *context, const struct action *action, const struct signal_info *info, u64 mask,
                      const struct alternate_stack *alternate)
{
    struct trapframe *frame = &context->frame;
    u64 sp = frame->rsp - RED_ZONE, fp;
    struct signal_frame pushed = {
        .restorer = action->restorer, .flags = UC_FLAGS, .stack = *alternate, .mask = mask, .info = *info,
        .machine = {
            .r8 = frame->r8, .r9 = frame->r9, .r10 = frame->r10, .r11 = frame->r11, .r12 = context->r12, .r13 = context->r13,
            .r14 = context->r14, .r15 = context->r15, .rdi = frame->rdi, .rsi = frame->rsi, .rbp = context->rbp,
            .rbx = context->rbx, .rdx = frame->rdx, .rax = frame->rax, .rcx = frame->rcx, .rsp = frame->rsp, .rip = frame->rip,
            .rflags = frame->rflags, .cs = frame->cs, .ss = frame->ss, .error_code = frame->error_code,
            .vector = frame->vector, .old_mask = mask, .cr2 = info->value,
        },
    };

    if (!(action->flags & SA_RESTORER))
        return -EFAULT;
    if (action->flags & SA_ONSTACK && !(alternate->flags & SS_DISABLE) && !is_on_stack(frame->rsp, alternate))
        sp = alternate->address + alternate->size;
    fp = (sp - sizeof(fpstate)) & ~63UL;
    // As after a call: RSP + 8 is a multiple of 16.
    sp = ((fp - sizeof(pushed)) & ~15UL) - 8;
    pushed.machine.fpstate = fp;
    fxsave(fpstate);
    if (copy_to_user(fp, fpstate, sizeof(fpstate)) < 0 || copy_to_user(sp, &pushed, sizeof(pushed)) < 0
        || action->handler >= USER_TOP)
        return -EFAULT;
    fxrstor(fpstate_initial);
    frame->rdi = info->signal;
    frame->rsi = sp + offsetof(struct signal_frame, info);
    frame->rdx = sp + offsetof(struct signal_frame, flags);
    frame->rax = 0;
    frame->rsp = sp;
    frame->rip = action->handler;
    frame->rflags &= ~FLAGS_CLEARED;
    return 0;
}

// The program may have written anything there: only what its own instructions could have set is taken.
int pop_signal_frame(struct context *context, u64 *mask, struct alternate_stack *stack)
{
    struct trapframe *frame = &context->frame;
    struct signal_frame popped;
    const struct machine_context *machine = &popped.machine;
    u32 *mxcsr = (u32 *)(fpstate + FXSAVE_MXCSR);
    u32 mxcsr_mask;

    // RET has taken the restorer's address.
    if (copy_from_user(&popped, frame->rsp - sizeof(u64), sizeof(popped)) < 0 || machine->rip >= USER_TOP)
        return -EFAULT;
    if (machine->fpstate) {
        fxsave(fpstate);
        mxcsr_mask = *(u32 *)(fpstate + FXSAVE_MXCSR_MASK);
        if (copy_from_user(fpstate, machine->fpstate, sizeof(fpstate)) < 0)
            return -EFAULT;
        *mxcsr &= mxcsr_mask ? mxcsr_mask : MXCSR_DEFAULT_MASK;
        fxrstor(fpstate);
    }
    frame->r8 = machine->r8;
    frame->r9 = machine->r9;
    frame->r10 = machine->r10;
    frame->r11 = machine->r11;
    context->r12 = machine->r12;
    context->r13 = machine->r13;
    context->r14 = machine->r14;
    context->r15 = machine->r15;
    frame->rdi = machine->rdi;
    frame->rsi = machine->rsi;
    context->rbp = machine->rbp;
    context->rbx = machine->rbx;
    frame->rdx = machine->rdx;
    frame->rax = machine->rax;
    frame->rcx = machine->rcx;
    frame->rsp = machine->rsp;
    frame->rip = machine->rip;
    frame->rflags = (machine->rflags & USER_FLAGS) | USER_RFLAGS;
    *mask = popped.mask;
    *stack = popped.stack;
    return 0;
}
