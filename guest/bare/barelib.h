// What the ELF programs that run without a kernel share: the state at entry, ports, and text.
#ifndef BARELIB_H
#define BARELIB_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;

// start.S
struct boot_state {
    u64 rsp, rdi, rsi, r8, r9, rflags;
};

long outl(unsigned port, u32 value);
int inl(unsigned port);
void outb(unsigned port, char value);
u64 read_cr0(void);
u64 read_cr3(void);
u64 read_cr4(void);
u64 read_efer(void);
u32 read_cs(void);
u32 read_ss(void);
void lock(volatile u32 *word);
void unlock(volatile u32 *word);
void halt(void) __attribute__((noreturn));

// barelib.c: text goes wherever the program's putchar sends it.
void putchar(char c);
void print(const char *text);
void print_number(long value);
void print_hex(u64 value);
size_t strlen(const char *text);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

#endif
