// What a debugger at the host sees of the program, and changes: all registers of a thread, before a signal or an exception has
// consequences, and the signal.
#include "hypercall.h"
#include "kernel.h"
#include "memlayout.h"
#include "memory.h"
#include "thread.h"
#include "trap.h"
#include "x86.h"

#define SIGNAL_BITS 0xff
#define T_DB        1

bool program_is_debugged;

u64 debug_signal(struct context *context, u64 signal)
{
    struct trapframe *frame = &context->frame;
    u64 arguments[2] = { V2P(context), signal };
    long answer = outl(HYPERCALL_TRAP, V2P(arguments));

    if (answer < 0)
        return signal;
    frame->cs = USER_CODE_SELECTOR | RPL_USER;
    frame->ss = USER_DATA_SELECTOR | RPL_USER;
    frame->rflags = (frame->rflags & USER_FLAGS) | USER_RFLAGS;
    this_thread()->steps_into_handler = answer & TRAP_STEPS;
    return answer & SIGNAL_BITS;
}

void debug_note_step(const struct context *context)
{
    this_thread()->steps_into_handler = program_is_debugged && context->frame.rflags & FLAG_TRAP;
}

void debug_step(struct context *context)
{
    struct thread *thread = this_thread();
    u64 vector = context->frame.vector;

    if (!thread->steps_into_handler)
        return;
    context->frame.vector = T_DB;
    debug_signal(context, SIGTRAP);
    context->frame.vector = vector;
    thread->steps_into_handler = false;
}
