// The instructions C has no words for.
#ifndef X86_H
#define X86_H

#include "types.h"

// port.S
long outl(u16 port, u32 value);
int inl(u16 port);
u64 out_syscall(u64 number, const u64 arguments[6], long *result);
void halt(void) __attribute__((noreturn));

// x86.S
u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 value);
u64 read_cr2(void);
u64 rdtsc(void);
void invlpg(u64 address);
void flush_tlb(void);
void cpuid(u32 leaf, u32 *registers);   // leaf's subleaf 0: EAX, EBX, ECX, EDX
u64 read_cr4(void);
void fxsave(void *area);            // 512 bytes, 16-byte aligned
void fxrstor(const void *area);
bool rdrand(u64 *value);            // false when the processor had no number ready

#endif
