// The hypercall ABI between guests and the host.
// The host's copy is src/Actors/Hypercalls/HypercallPort.cs; a test compares the two.
//
// A call is `out dx, eax` with its port in DX. Addresses are guest-physical, structures little-endian.
// 0x8000 - 0x8004 keep their result (negative errno on failure) for this vCPU's next `in eax, dx` from the
// same port. From 0x8010 up the result is in RAX, sign-extended, when the `out` has completed: one exit.
#ifndef HYPERCALL_H
#define HYPERCALL_H

#define HYPERCALL_OPEN    0x8000   // EAX = address of a NUL-terminated path; opens read-only
#define HYPERCALL_READ    0x8001   // EAX = address of u64[3]: fd, buffer address, byte count
#define HYPERCALL_WRITE   0x8002   // EAX = address of u64[3]: fd, buffer address, byte count
#define HYPERCALL_CLOSE   0x8003   // EAX = fd
#define HYPERCALL_LSEEK   0x8004   // EAX = address of u32[3]: fd, offset, whence
#define HYPERCALL_EXIT    0x8005   // EAX = status; no result, this vCPU stops

// A Linux x86-64 system call of a user program, forwarded as it came: RAX = number, RDI, RSI, RCX, R10, R8, R9 =
// arguments one to six (RCX, since DX holds the port). Pointers are user-virtual: the host follows CR3 with user
// permissions. The result replaces RAX; nothing else changes.
#define HYPERCALL_SYSCALL 0x8010

#define HYPERCALL_PREAD   0x8011   // EAX = address of u64[4]: fd, buffer address, byte count, file offset

#define HYPERCALL_PANIC   0xFFFF   // EAX = address of a NUL-terminated message; no result, the VM fails with it

#endif
