// What the processor defines: page table bits, descriptors, MSRs, flags (Intel SDM vol. 3A, chapters 3 to 6).
#ifndef MMU_H
#define MMU_H

#define PTE_P        0x001          // present
#define PTE_W        0x002          // writable
#define PTE_U        0x004          // user
#define PTE_A        0x020          // accessed
#define PTE_D        0x040          // dirty
#define PTE_PS       0x080          // maps a large page
#define PTE_NX       (1UL << 63)    // not executable
#define PTE_ADDR     0x000FFFFFFFFFF000UL

#define LARGE_PAGE   0x200000UL
#define GIB          0x40000000UL
#define PTES         512

#define MSR_EFER     0xC0000080
#define EFER_SCE     0x1
#define MSR_STAR     0xC0000081
#define MSR_LSTAR    0xC0000082
#define MSR_SFMASK   0xC0000084
#define MSR_FS_BASE  0xC0000100
#define MSR_GS_BASE  0xC0000101
#define MSR_KERNEL_GS_BASE 0xC0000102   // what swapgs takes

#define CR4_FSGSBASE (1 << 16)
#define CR4_OSXSAVE  (1 << 18)

// XCR0: x87, SSE, AVX and AVX-512. Not PKRU or AMX, which need more than a bit from a kernel.
#define CPUID_XSTATE     13
#define XCR0_USABLE      0xE7

// CPUID leaf 1: ECX, leaf 7: EBX.
#define CPUID_1_XSAVE    26
#define CPUID_1_RDRAND   30
#define CPUID_7_FSGSBASE 0

// SYSCALL loads CS 0x08, SS 0x10; SYSRET loads CS 0x20 + 16, SS 0x20 + 8, both with RPL 3.
#define STAR_HIGH    0x00200008
// Flags that SYSCALL clears: every one there is, so IF, TF, DF, AC and IOPL among them.
#define SFMASK       0x3F7FD5
// Flags a user program may have: CF, the bit that is always 1, PF AF ZF SF TF IF DF OF AC ID. Not IOPL, NT, RF, VM.
#define USER_FLAGS   0x240FD7
#define FLAG_TRAP    0x100          // TF
#define USER_RFLAGS  0x202          // at its start: IF and the bit that is always 1

#define RPL_USER     3

#define TSS_SIZE     104

#define TSS_AVAILABLE 0x89

#define T_PF         14

// #PF error code.
#define PF_PRESENT   0x01
#define PF_WRITE     0x02
#define PF_USER      0x04
#define PF_RESERVED  0x08
#define PF_FETCH     0x10

#endif
