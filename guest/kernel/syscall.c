// The table of the system calls that need no host: each function takes its arguments as C functions do and returns a value or
// -errno.
#include "syscall.h"
#include "kernel.h"
#include "lock.h"
#include "signal.h"
#include "trap.h"

typedef void syscall_t(void);

// The functions have different arguments, which only their own files need to know; several calls may share one.
#define HIDDEN __attribute__((visibility("hidden")))     // addresses are compared, which must not go through a table of them
#define DECLARE(unused, number, name, function) extern syscall_t function HIDDEN;
#define ENTRY(unused, number, name, function) [number] = function,
#define MASKED_BIT(word, number, name) WORD_BIT(word, number, name, )
#define WORD_BIT(word, number, name, function) | ((number) / 64 == (word) ? 1UL << ((number) % 64) : 0)

LOCAL_SYSCALLS(DECLARE, )
extern syscall_t traced_call HIDDEN, traced_signal_call HIDDEN;

syscall_t *syscall_table[SYSCALL_LOCAL_MAX + 1] = { LOCAL_SYSCALLS(ENTRY, ) };

const u64 local_syscalls[(SYSCALL_LOCAL_MAX + 1) / 64] = {
    0 LOCAL_SYSCALLS(WORD_BIT, 0) MASKED_SYSCALLS(MASKED_BIT, 0),
    0 LOCAL_SYSCALLS(WORD_BIT, 1) MASKED_SYSCALLS(MASKED_BIT, 1),
    0 LOCAL_SYSCALLS(WORD_BIT, 2) MASKED_SYSCALLS(MASKED_BIT, 2),
    0 LOCAL_SYSCALLS(WORD_BIT, 3) MASKED_SYSCALLS(MASKED_BIT, 3),
    0 LOCAL_SYSCALLS(WORD_BIT, 4) MASKED_SYSCALLS(MASKED_BIT, 4),
    0 LOCAL_SYSCALLS(WORD_BIT, 5) MASKED_SYSCALLS(MASKED_BIT, 5),
    0 LOCAL_SYSCALLS(WORD_BIT, 6) MASKED_SYSCALLS(MASKED_BIT, 6),
};

// From now on the host is told of each of these calls, on its way in and out. What is not traced costs nothing for it.
void trace_syscalls(void)
{
    for (u64 number = 0; number <= SYSCALL_LOCAL_MAX; number++) {
        syscall_t *function = syscall_table[number];
        if (!function)
            continue;
        traced_functions[number] = (u64)function;
        syscall_table[number] = function == signal_entry ? traced_signal_call : traced_call;
    }
    syscalls_are_traced = true;
}

// Ring 3 asked to return to what is no user address: it jumped to the entry itself.
void bad_syscall_return(const u64 *frame)
{
    lock();
    doom_program(SIGSEGV, "#GP system call with the return address 0x%lx, RIP 0x%lx", frame[1], SYSCALL_ENTRY);
    kill_program();
}
