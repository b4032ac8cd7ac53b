// Fixed-width types and errno values (asm-generic/errno-base.h, errno.h).
#ifndef TYPES_H
#define TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define EPERM     1
#define ENOENT    2
#define ESRCH     3
#define EINTR     4
#define EIO       5
#define E2BIG     7
#define ENOEXEC   8
#define EBADF     9
#define EAGAIN    11
#define ENOMEM    12
#define EACCES    13
#define EFAULT    14
#define EEXIST    17
#define ENODEV    19
#define EINVAL    22
#define ESPIPE    29
#define ENOSYS    38
#define ELOOP     40
#define ETIMEDOUT 110

// Of calls that a signal ended, inside Linux and between host and kernel (linux/errno.h): the call is to be made again,
#define ERESTARTSYS    512          // after a handler only if it has SA_RESTART
#define ERESTARTNOINTR 513          // in any case
#define ERESTARTNOHAND 514          // only if there is no handler
#define ERESTART_RESTARTBLOCK 516   // likewise

#endif
