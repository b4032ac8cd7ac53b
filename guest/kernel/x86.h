// The instructions C has no words for: x86.S.
#ifndef X86_H
#define X86_H

#include "types.h"

u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 value);
u64 read_cr2(void);
u64 rdtsc(void);
u32 cpuid_1_ecx(void);
bool rdrand(u64 *value);            // false when the processor had no number ready

#endif
