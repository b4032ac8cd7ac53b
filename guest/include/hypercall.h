// The hypercall ABI between guests and the host.
// The host's copy is src/Linux/Hypercalls/HypercallPort.cs; a test compares the two.
//
// At PROGRAM_INFO (memlayout.h) the kernel says what the host needs for /proc/self, u64 each, all 0 as long as there is no program:
// what the kernel's addresses are above physical ones; guest-physical address of the head of the ring of areas (HYPERCALL_CONTEXT);
// guest-physical address of the NUL-terminated path of the file that runs, or 0 for the first argument; guest-physical address of
// argv, and argc; what argv's user addresses are above guest-physical ones; user address where the heap begins; guest-physical address of
// the program's name (16 bytes); where RSP was when it began; guest-physical address of its threads by the number of their vCPU,
// {u32 id, char name[16]} each, of which the id is 0 where no thread is. A name stays when its thread has ended;
// guest-physical address of the page of time (vdso.h), which the host writes when it has served clock_gettime, gettimeofday or time, and
// not before; and user address of the vDSO, right behind that page.
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
//
// User pages appear on demand, so a pointer may be right and its page not there yet. After the checks that need no memory
// (a bad fd is EBADF, whatever the buffer) and before the call has any effect (no byte moved, no offset advanced, no file
// opened), the host walks all pages of user memory that it is about to touch: whole strings, structures, iovec
// arrays and buffers, up to its cap on one transfer. When one is not present, or is to be written and is not writable, the host
// performs nothing, leaves RAX as it was (the number: the call is going to be made again) and sets
//     RDX = HYPERCALL_FAULT + address + (1 when it wants to write there, else 0), the address without its lowest bit,
// for the lowest missing address it found. Addresses outside 0 - 0x7FFFFFFFFFFF are -EFAULT at once: nothing is ever mapped
// there. In every other case RDX keeps the port number, so the kernel looks at the sign of RDX alone.
// The kernel then serves that address as it serves a page fault, with its neighbours, and makes the same call
// again, registers unchanged; or, when the program may not touch it so, returns -EFAULT to the program. A call
// may come back any number of times, each time with a different missing page. Where Linux would transfer a part
// (a read into a buffer whose end is not mapped), -EFAULT for the whole call is the answer.
#define HYPERCALL_SYSCALL 0x8010
#define HYPERCALL_FAULT   0x8000000000000000

// EAX = address of u64[4]: fd, buffer address, byte count, file offset. One guest-physical buffer.
#define HYPERCALL_PREAD   0x8011

// EAX = address of u64[4]: fd, address of an array of {u64 guest-physical address, u64 length}, number of entries
// (at most 1024), file offset. Reads into the entries in turn; the bytes read, short only at the end of the file. What
// lies after the last byte read is left as it is.
#define HYPERCALL_PREADV  0x8012

// EAX = address of u64[2]: guest-physical address, byte count. Makes the bytes zero. 0, or -EFAULT where that is not
// all memory (then nothing is changed).
#define HYPERCALL_ZERO    0x8013

// EAX = address of u64[2]: signal number, address of a NUL-terminated message. The program ends as if by that signal
// and the VM with it; no result. HYPERCALL_PANIC is for failures of the kernel itself.
#define HYPERCALL_KILLED  0x8014

// EAX = address of u64[4]: guest-physical address of an array of u64, number of words (at most 65536), first value, step.
// In ascending order, each word that is 0 is replaced by the next value (first value, first value + step, ...); words that
// are not 0 stay, and use up no value. The number of words replaced, or -EFAULT. For page tables: a kernel
// whose instructions are emulated pays two microseconds per entry. A host without it answers -ENOSYS, and the
// kernel does it itself.
#define HYPERCALL_FILL    0x8015

// The reverse, and changes nothing. EAX = address of u64[5]: guest-physical address of an array of u64, number of words (at
// most 65536), step, address of an array of {u64 index, u64 value, u64 count}, number of its elements (at most 65536). Finds
// the runs of words that are not 0 in which each is one step more than the one before, writes index and value of their first word
// and their length, in ascending order, until the array is full. The number of runs written, or -EFAULT, or -ENOSYS as above.
#define HYPERCALL_RUNS    0x8016

// The kernel has booted, and the next thing it does is to enter its program for the first time. EAX = address of u64[2]:
// guest-physical address and length (at most 64) of the random bytes the program will find (AT_RANDOM), which the host
// fills. 0, -EFAULT, -EINVAL or -ENOSYS. From here the host may start any number of VMs: each goes on behind this `out` with
// memory and registers as they are now, but random bytes of its own. So nothing may be open at the host, nothing may have
// been written, and nothing else in memory may be random but where the program is. Bits of what the host wants instead of 0:
// to be told of the system calls that the kernel serves itself, by HYPERCALL_ENTERED and _RETURNED; and of what HYPERCALL_TRAP tells.
// READY_ARGUMENTS: the host has put other arguments and another environment, in the form of the boot stack, to the guest-physical address
// that is above READY_SHIFT; the program is to have these.
#define HYPERCALL_READY   0x8017
#define READY_TRACES      1
#define READY_DEBUGS      2
#define READY_ARGUMENTS   4
#define READY_SHIFT       8

// What the program looks like that HYPERCALL_KILLED is about to end, for the report. EAX = address of u64[3]: guest-physical address
// of its registers, u64[22] (R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RDI, RSI, RDX, RCX, RAX, the exception's vector and
// error code, RIP, CS, RFLAGS, RSP, SS); address, by the kernel's page tables, of the head of a ring of what it may use: {u64 next,
// previous, start, end, bits of its page table entries}, the head itself being none; and where RSP was when it began. 0 or -EFAULT.
#define HYPERCALL_CONTEXT 0x8018

// The kernel cannot start its program. EAX = address of u64[2]: status, address of a NUL-terminated message that says why. As
// HYPERCALL_EXIT, and the message is the VM's. No result.
#define HYPERCALL_REFUSED 0x8019

// A system call that the kernel is about to serve itself, as HYPERCALL_SYSCALL has it: registers alone, which stay as they are.
#define HYPERCALL_ENTERED  0x801A

// It has been served: RAX = its result. Not for a call that does not return.
#define HYPERCALL_RETURNED 0x801B

// EAX = address of u64[2]: guest-physical address and length (at most 64) of bytes that the host fills with random ones. 0, -EFAULT,
// -EINVAL or -ENOSYS. For where things go in user space: VMs that begin at HYPERCALL_READY have them in common.
#define HYPERCALL_RANDOM   0x801C

// Threads. A kernel whose ELF file has a note (PT_NOTE) of this name and type begins with one vCPU, R9 = 1, however many processors its
// program is shown. Others are started by number, from R9 up.
#define NOTE_NAME         "KvmActors"
#define NOTE_STARTS_VCPUS 1
//
// EAX = address of u64[4]: number of a vCPU, and what RIP, RSP and RDI are to be. It begins there with the segments, tables, control
// registers and EFER that the calling vCPU has, all other general registers 0. It is either new, and then its other state is a
// processor's after a reset; or has executed HYPERCALL_PARK, and then it is as it was. 0, -EINVAL, -EAGAIN when the host has no room
// for it.
#define HYPERCALL_START    0x801D

// This vCPU executes nothing any more until it is started again. EAX = address of a u32 that the host then sets to 0, or 0. No result.
#define HYPERCALL_PARK     0x801E

// The program has ended, and all vCPUs with it. EAX = status; no result. HYPERCALL_EXIT ends one vCPU.
#define HYPERCALL_EXIT_GROUP 0x801F

// EAX = number of a vCPU that is to look what there is for it. When it next is in ring 3 it takes an interrupt of the vector
// HYPERCALL_VECTOR, by its IDT and TSS as if it came from outside. When it waits in a system call for the host, or is about to get the result
// of one, it is told there: RAX = the result, RDX = HYPERCALL_NOTICE + the number of the call. A wait ends by it, and the result is
// -ERESTARTSYS (the call is to be made again, after a handler only if it has SA_RESTART, otherwise -EINTR) or -ERESTARTNOHAND (made
// again only when there is no handler), as inside Linux. Several such calls may be one notice. 0 or -EINVAL.
#define HYPERCALL_NOTIFY   0x8020
#define HYPERCALL_NOTICE   0xC000000000000000
#define HYPERCALL_VECTOR   0x20

// The VM's other vCPUs forget translations of addresses: none executes another instruction by one from before. EAX = 0. 0.
#define HYPERCALL_FLUSH    0x8021

// Whoever waits for a processor may have this one. EAX = 0. 0.
#define HYPERCALL_YIELD    0x8022

// Somebody debugs the program. EAX = address of u64[2]: guest-physical address of a thread's registers, as HYPERCALL_CONTEXT has
// them, and a signal. The thread is about to get that signal, for the exception of the vector that is there or, where that is 0,
// because it was sent; or, for signal 0, it is the first one and about to begin. Not for page faults that the kernel serves. No lock
// may be held. The host keeps the thread as long as it likes, and may have changed the registers, of which the kernel takes what
// a program may have. The signal to deliver, or 0 for none, and TRAP_STEPS when it is to be told of the handler's first
// instruction as of a step (vector 1); or -errno, and nothing has been changed.
// A thread that the host stops elsewhere is in ring 3; or in HYPERCALL_SYSCALL, where RIP, CS, RFLAGS, RSP and SS of ring 3 are the last
// five words below RSP0 of its TSS, the error code's word below that is where RSP is, and RDX of ring 3 is in RCX; or RSP is still that
// of ring 3, and the first word at GS's base is its RIP, R11 its RFLAGS; or it is in a call that waits, and the registers below RSP0
// are all 22 words that HYPERCALL_CONTEXT has, with vector 0.
#define HYPERCALL_TRAP    0x8023
#define TRAP_STEPS        0x100

// Files that are mapped shared (MAP_SHARED). The host keeps which page of memory has which page of a file, for as long as the kernel has
// any of it mapped; there is one such table for a file, whatever descriptors it is opened by. Whoever reads the file by a call finds
// what the program has written to its pages, and what is written to the file by a call is in the pages at once. What the program
// changed goes into the file by SHARESYNC and UNSHARE, when a call reads it, and when the VM ends, whatever ends it. Pages end where
// the file does: what is behind the end in the last page goes nowhere. What others do to the file at the host shows in pages that
// come later only.
//
// EAX = fd, open for reading. Twice the file's number, for the calls below, and 1 more if it is open for writing, too; or -EBADF,
// or -ENODEV for what is no regular file.
#define HYPERCALL_SHARE    0x8030

// EAX = address of u64[6]: file, first page, number of pages (at most 512), address of as many page table entries, address of as many
// fresh pages (zero), and bits. Each entry that is 0, of a page that the file has, gets that page's address and the bits; a page that
// is not in memory yet takes the next fresh one, which is filled. How many fresh ones were taken, or -errno.
#define HYPERCALL_SHAREFILL 0x8031

// EAX = address of u64[4]: file, first page, number of pages, and 1 when it is to be on the disk. 0 or -errno.
#define HYPERCALL_SHARESYNC 0x8032

// No area has the file any more. EAX = address of u64[3]: file, address of an array of {u64 address, u64 bytes}, number of its elements.
// The pages of memory that it has had, in runs, until the array is full; the number of runs. When the array is not full there are no more, and the
// file's number means nothing any more. -EINVAL for no such file.
#define HYPERCALL_UNSHARE  0x8033

#define HYPERCALL_PANIC   0xFFFF   // EAX = address of a NUL-terminated message; no result, the VM fails with it

#endif
