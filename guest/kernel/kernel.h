// What the kernel's files offer one another.
#ifndef KERNEL_H
#define KERNEL_H

#include "types.h"
#include "vmlayout.h"

#define RANDOM_BYTES    16          // AT_RANDOM's
#define INIT_PID        1           // one process, and it is the first

// entry.S
void enter_user(u64 rip, u64 rsp) __attribute__((noreturn));

// The user program.
struct process {
    char name[32];                  // for messages: the last part of its path, cut off
    u64 entry;
    u64 phdr;                       // user address of the program headers
    u64 phnum;
    u64 stack_pointer;
    u64 random;                     // AT_RANDOM's bytes, physical
    u64 stack_bits;                 // of its page table entries
    char comm[16];                  // prctl(PR_SET_NAME)
};
extern struct process *current;     // main.c

// exec.c
int exec(struct process *process, const char *path, const char **why);

// ustack.c
int build_user_stack(struct process *process, u64 *boot_stack);

// kmalloc.c: small pieces, not cleared; null when there is no memory left.
void *kmalloc(size_t size);
void kfree(void *pointer, size_t size);

// uaccess.c
int copy_from_user(void *to, u64 from, size_t size);
int copy_to_user(u64 to, const void *from, size_t size);

// string.S
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

// printf.c
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

// panic.c
void hypercall_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define panic_text_(line) #line
#define panic_text(line) panic_text_(line)
#define panic(format, ...) hypercall_panic("kernel: " format " (" __FILE__ ":" panic_text(__LINE__) ")" __VA_OPT__(,) __VA_ARGS__)

// The end of the program by a signal that it did not handle.
void kill_program(u64 signal, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

// hypercall.c
struct transfer {
    u64 physical, bytes;
};
struct word_run {
    u64 index, value, count;
};
long hypercall_open(const char *path);
long hypercall_pread(u64 fd, u64 physical, u64 bytes, u64 offset);
long hypercall_preadv(u64 fd, const struct transfer *entries, u64 count, u64 offset);
void hypercall_zero(u64 physical, u64 bytes);
u64 hypercall_fill(u64 *words, u64 count, u64 value, u64 step);
u64 hypercall_runs(const u64 *words, u64 count, u64 step, struct word_run *runs, u64 most);
void hypercall_close(u64 fd);
void hypercall_ready(u64 random, u64 bytes);
void hypercall_print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void hypercall_exit(u64 status) __attribute__((noreturn));
void hypercall_report(const char *message) __attribute__((noreturn));
void hypercall_killed(u64 signal, const char *message) __attribute__((noreturn));

#endif
