// The kernel's life: memory, one program, ring 3. What comes back from there comes through trap.S and syscall.S.
#include "kernel.h"
#include "hypercall.h"
#include "memory.h"
#include "thread.h"
#include "trap.h"

#define STATUS_NOT_EXECUTABLE 126   // as a shell's
#define STATUS_NOT_FOUND      127

// Copied, for the strings are in the program's reach from now on. What follows the NUL is no matter.
static void set_name(struct process *process, const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    memcpy(process->name, name, sizeof(process->name));
    process->name[sizeof(process->name) - 1] = 0;
}

static __attribute__((noreturn)) void refuse(const char *path, const char *why, int error)
{
    u64 status = error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;

    if (current->interpreter)
        hypercall_refuse(status, "kernel: %s: its interpreter %s: %s%s (error %d)", path, current->interpreter, why,
                         error == -ENOENT ? ": map it, with the libraries and files it needs" : "", -error);
    hypercall_refuse(status, "kernel: %s: %s (error %d)", path, why, -error);
}

// The path of a script's interpreter is the kernel's own text, the first argument the program's.
static void show_program(const struct process *process)
{
    shown_program->areas = V2P(&vmas);
    shown_program->path = process->word_count ? V2P(process->path) : 0;
    shown_program->heap = process->heap;
    shown_program->comm = V2P(first_thread.name->comm);
    shown_program->threads = V2P(first_thread.name);
    shown_program->stack_pointer = process->stack_pointer;
    shown_program->kernel_offset = KERNBASE;
}

// A debugger sees the program before its first instruction.
static __attribute__((noreturn)) void begin_debugged(const struct process *process)
{
    struct context context = { .frame = { .rip = process->start, .rsp = process->stack_pointer } };

    program_is_debugged = true;
    debug_signal(&context, 0);
    resume_user(&context);
}

// The boot stack is as the host left it: argc, argv, NULL, envp, NULL, all of them physical addresses.
__attribute__((noreturn)) void main(u64 first_free, u64 free_bytes, u64 boot_stack_physical, u64 bottom, u64 top)
{
    struct boot_stack stack = { P2V(boot_stack_physical), top ? bottom : BOOT_STACK, top ? top : BOOT_STACK_TOP };
    u64 *boot_stack = stack.pointer;
    const char *path, *why = NULL;
    int error;
    long wishes;

    for (u64 page = bottom & ~LARGE_MASK; page < top; page += LARGE_PAGE)
        map_kernel_page(page);
    kalloc_init(first_free, free_bytes);
    if (boot_stack[0] == 0)
        panic("no program: argv[0] must be its path");
    path = P2V(boot_stack[1]);
    current = kmalloc(sizeof(*current));
    if (!current)
        panic("%lu bytes of free memory are not enough", free_bytes);
    set_name(current, path);
    program_name = current->name;
    thread_init(current->name);
    current->interpreter = NULL;
    current->word_count = 0;

    error = exec(current, path, &why);
    if (!error) {
        error = map_user_stack(current, &stack);
        why = "not enough memory";
    }
    if (!error) {
        error = fill_user_stack(current, &stack);
        why = "arguments too long";
        current->interpreter = NULL;
    }
    if (error) {
        if (!why)
            why = error == -ENOENT ? "not found" : "cannot be opened";
        refuse(path, why, error);
    }
    show_program(current);
    wishes = hypercall_ready(current->random, RANDOM_BYTES);
    if (wishes > 0 && wishes & READY_ARGUMENTS) {
        stack.pointer = P2V((u64)wishes >> READY_SHIFT);
        if (fill_user_stack(current, &stack) < 0)
            refuse(path, "arguments too long", -E2BIG);
        show_program(current);
    }
    if (wishes > 0 && wishes & READY_TRACES)
        trace_syscalls();
    if (wishes > 0 && wishes & READY_DEBUGS)
        begin_debugged(current);
    enter_user(current->start, current->stack_pointer);
}
