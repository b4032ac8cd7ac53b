// What the kernel's files offer one another, in the order in which README.md lists the files. Memory has its own: memory.h.
#ifndef KERNEL_H
#define KERNEL_H

#include "types.h"
#include "vmlayout.h"

#define RANDOM_BYTES    16          // AT_RANDOM's
#define INIT_PID        1           // one process, and it is the first

struct process;

// exec.c
int exec(struct process *process, const char *path, const char **why);

// vdso.c
int map_vdso(struct process *process);

// script.c
#define SCRIPT_LINE     256
#define SCRIPT_WORDS    12          // of all the scripts that interpret one another, with room to spare
struct script {
    const char *interpreter;
    const char *argument;           // null for none
};
bool is_script(const char *text, long bytes);
int parse_script(const char *text, long bytes, char *line, struct script *script);

// ustack.c
struct boot_stack {
    u64 *pointer;
    u64 bottom, top;                // physical, whole pages
};
int map_user_stack(const struct process *process, const struct boot_stack *boot_stack);
int fill_user_stack(struct process *process, const struct boot_stack *boot_stack);

// process.c: the user program.
struct process {
    char name[32];                  // for messages: the last part of its path, cut off
    const char *path;               // of the program that runs: a script's interpreter
    const char *interpreter;        // of the script or of the program; null for none
    const char *words[SCRIPT_WORDS];    // what comes before the arguments, the last one first
    u64 word_count;
    u64 start;                      // where ring 3 begins: in the interpreter, if there is one
    u64 base;                       // of the interpreter
    u64 entry;
    u64 phdr;                       // user address of the program headers
    u64 phnum;
    u64 heap;                       // where it begins
    u64 vdso;                       // user address of its first byte
    u64 stack_pointer;
    u64 random;                     // AT_RANDOM's bytes, physical
    u64 stack_bits;                 // of its page table entries
};
extern struct process *current;

// What the host is told of it: hypercall.h.
struct program_info {
    u64 kernel_offset, areas, path, argv, argc, stack_offset, heap, comm, stack_pointer, threads, clock, vdso;
};
#define shown_program ((struct program_info *)P2V(PROGRAM_INFO))

// forward.c: a system call that the kernel itself makes of the host, without the lock. The result, or -EFAULT.
long forward_call(u64 number, u64 first, u64 second, u64 third, u64 fourth, u64 fifth, u64 sixth);

// hypercall.c
struct transfer {
    u64 physical, bytes;
};
struct word_run {
    u64 index, value, count;
};
long hypercall_open(const char *path);
#define SEEK_CUR 1
long hypercall_lseek(u64 fd, u32 offset, u32 whence);
long hypercall_read(u64 fd, u64 physical, u64 bytes);
long hypercall_write(u64 fd, u64 physical, u64 bytes);
long hypercall_pread(u64 fd, u64 physical, u64 bytes, u64 offset);
long hypercall_preadv(u64 fd, const struct transfer *entries, u64 count, u64 offset);
void hypercall_zero(u64 physical, u64 bytes);
u64 hypercall_fill(u64 *words, u64 count, u64 value, u64 step);
u64 hypercall_runs(const u64 *words, u64 count, u64 step, struct word_run *runs, u64 most);
long hypercall_share(u64 fd);
long hypercall_share_fill(u64 file, u64 first, u64 count, u64 *entries, u64 physical, u64 bits);
long hypercall_share_sync(u64 file, u64 first, u64 count, bool lasts);
long hypercall_unshare(u64 file, struct transfer *runs, u64 most);
void hypercall_close(u64 fd);
long hypercall_random(u64 physical, u64 bytes);
long hypercall_ready(u64 random, u64 bytes);
long hypercall_start(u64 vcpu, u64 rip, u64 rsp, u64 rdi);
void hypercall_park(const volatile u32 *busy) __attribute__((noreturn));
void hypercall_notify(u64 vcpu);
void hypercall_flush(void);
void hypercall_exit_group(u64 status) __attribute__((noreturn));
void hypercall_exit(u64 status) __attribute__((noreturn));
// The end of a VM whose program cannot be started; why is said on its standard error, too.
void hypercall_refuse(u64 status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

// panic.c
void hypercall_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define panic_text_(line) #line
#define panic_text(line) panic_text_(line)
#define panic(format, ...) hypercall_panic("kernel: " format " (" __FILE__ ":" panic_text(__LINE__) ")" __VA_OPT__(,) __VA_ARGS__)

// The end of the program by a signal that it did not handle: settled first, with the lock held, which is never let go from then on,
// and done where all registers of the thread are known.
extern const char *program_name;
void doom_program(u64 signal, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool program_is_doomed(void);         // by this thread
void kill_program(void) __attribute__((noreturn));

// printf.c
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

// string.S
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

#endif
