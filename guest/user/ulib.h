// The little a program needs without a C library: system calls that return -errno, and text.
#ifndef ULIB_H
#define ULIB_H

#include <stddef.h>

// Linux x86-64 (asm/unistd_64.h).
#define SYS_read            0
#define SYS_write           1
#define SYS_open            2
#define SYS_close           3
#define SYS_lseek           8
#define SYS_getpid          39
#define SYS_exit            60
#define SYS_arch_prctl      158
#define SYS_set_tid_address 218
#define SYS_exit_group      231

// Changes nothing but RAX, RCX and R11.
long syscall3(long number, unsigned long a, unsigned long b, unsigned long c);

long read(int fd, void *buffer, size_t bytes);
long write(int fd, const void *buffer, size_t bytes);
long open(const char *path, int flags);
long close(int fd);
long lseek(int fd, long offset, int whence);
void exit(int status) __attribute__((noreturn));

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
long parse_number(const char *text);

void print(int fd, const char *text);
void print_number(int fd, long value);
void print_hex(int fd, unsigned long value);

#endif
