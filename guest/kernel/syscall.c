// The table of the system calls that need no host: each function takes its arguments as C functions do and returns a value or
// -errno.
#include "syscall.h"
#include "kernel.h"
#include "signal.h"
#include "trap.h"

typedef void syscall_t(void);

// The functions have different arguments, which only their own files need to know; several calls may share one.
#define DECLARE(unused, number, name, function) extern syscall_t function;
#define ENTRY(unused, number, name, function) [number] = function,
#define BIT(word, number, name, function) | ((number) / 64 == (word) ? 1UL << ((number) % 64) : 0)

LOCAL_SYSCALLS(DECLARE, )

syscall_t *const syscall_table[SYSCALL_LOCAL_MAX + 1] = { LOCAL_SYSCALLS(ENTRY, ) };

const u64 local_syscalls[(SYSCALL_LOCAL_MAX + 1) / 64] = {
    0 LOCAL_SYSCALLS(BIT, 0),
    0 LOCAL_SYSCALLS(BIT, 1),
    0 LOCAL_SYSCALLS(BIT, 2),
    0 LOCAL_SYSCALLS(BIT, 3),
    0 LOCAL_SYSCALLS(BIT, 4),
    0 LOCAL_SYSCALLS(BIT, 5),
};

// Ring 3 asked to return to what is no user address: it jumped to the entry itself.
void bad_syscall_return(const u64 *frame)
{
    doom_program(SIGSEGV, "%s: #GP system call with the return address 0x%lx, RIP 0x%lx", current->name, frame[1],
                 SYSCALL_ENTRY);
    kill_program();
}
