// Virtual addresses under the guest kernel, for the kernel and for the user programs that test its borders.
// No part of the host ABI: the host only follows page tables.
#ifndef VMLAYOUT_H
#define VMLAYOUT_H

// All physical memory, from where the upper half begins: PML4[256]. The kernel is linked here.
#define KERNBASE         0xFFFF800000000000
#define KERNBASE_ENTRY   256

// Where the kernel's image begins in physical memory: in the first 64 KiB, so that the static IDT and GDT can
// be laid out by the assembler (descriptors split addresses in 16-bit pieces), but not at address 0.
#define KERNEL_PHYS      0x1000

// User space is the lower half, but for its last page, as on Linux. Nothing is mapped in its first 64 KiB, so null pointers fault.
#define USER_BOTTOM      0x10000
#define USER_TOP         0x7FFFFFFFF000
#define USER_TOP_ENTRY   255
#define USER_END_HIGH    0x8000                  // the upper half of the first address behind all that ring 3 could return to
#define USER_STACK_LIMIT (USER_TOP - 0x800000)   // the stack grows down to here
#define MMAP_TOP         (USER_STACK_LIMIT - 0x100000)   // mappings begin below a gap that nothing is put into

// What can be anywhere is: programs, with their heap behind them, from PIE_BASE up, interpreters and mappings from MMAP_TOP down,
// each by a random number of pages below PLACES.
#define PIE_BASE         0x555555554000          // two thirds of user space
#define PLACES           0x1000000               // 64 GiB

// IA32_LSTAR. The kernel's first bytes are the system call entry, seen through a second map of memory in the
// top 2 GiB: there a `cmp` with a 32-bit immediate recognises the address, and every system call needs that.
#define SYSCALL_BASE     0xFFFFFFFF80000000
#define SYSCALL_ENTRY    (SYSCALL_BASE + KERNEL_PHYS)

#endif
