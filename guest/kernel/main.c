// The kernel's life: memory, one program, ring 3. What comes back from there comes through trap.S and syscall.S.
#include "kernel.h"
#include "memory.h"
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

// boot_stack is as the host left it: argc, argv, NULL, envp, NULL, all of them physical addresses.
__attribute__((noreturn)) void main(u64 first_free, u64 free_bytes, u64 boot_stack_physical)
{
    u64 *boot_stack = P2V(boot_stack_physical);
    const char *path, *why = NULL;
    int error;

    kalloc_init(first_free, free_bytes);
    if (boot_stack[0] == 0)
        panic("no program: argv[0] must be its path");
    path = P2V(boot_stack[1]);
    current = kmalloc(sizeof(*current));
    if (!current)
        panic("%lu bytes of free memory are not enough", free_bytes);
    set_name(current, path);
    memcpy(current->comm, current->name, sizeof(current->comm));
    current->comm[sizeof(current->comm) - 1] = 0;
    current->phdr = 0;

    error = exec(current, path, &why);
    if (!error) {
        error = build_user_stack(current, boot_stack);
        why = error == -E2BIG ? "arguments too long" : "not enough memory";
    }
    if (error) {
        if (!why)
            why = error == -ENOENT ? "not found" : "cannot be opened";
        hypercall_refuse(error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE, "kernel: %s: %s (error %d)", path, why, -error);
    }
    if (hypercall_ready(current->random, RANDOM_BYTES) == 1)
        trace_syscalls();
    enter_user(current->entry, current->stack_pointer);
}
