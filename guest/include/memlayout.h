// Where things are in guest-physical memory when a `long64` or `elf64` guest is entered.
// The host's copy is src/Machine/Boot/MemoryLayout.cs; a test compares the two.
#ifndef MEMLAYOUT_H
#define MEMLAYOUT_H

#define PAGE_SIZE            0x1000

#define IMAGE_LIMIT          0x1F6000   // images end here unless they are loaded above FREE_MEMORY
#define BOOT_GDT             0x1F6000
#define PROGRAM_INFO         0x1F6800   // what the guest kernel says of its program (hypercall.h)
#define BOOT_PML4            0x1F7000   // CR3
#define BOOT_PDPT            0x1F8000
#define BOOT_PD              0x1F9000   // identity map of the first GiB, 2 MiB pages
#define GUEST_TABLES         0x1FA000   // two zero pages for the guest's own first page tables
#define GUEST_TABLES_END     0x1FC000
#define BOOT_STACK           0x1FC000   // vCPU 0; from RCX to RDX instead, below RDI, where its arguments take more
#define BOOT_STACK_TOP       0x200000
#define FREE_MEMORY          0x200000   // RDI at entry; RSI bytes follow
#define VCPU_STACK_SIZE      0x4000     // vCPUs 1..: downwards from the top of memory

// Memory beyond 3 GiB goes on at 4 GiB: R10 = there, R11 bytes. 0 and 0 where there is none.

// Segment selectors of the boot GDT.
#define KERNEL_CODE_SELECTOR 0x08
#define KERNEL_DATA_SELECTOR 0x10
#define USER_DATA_SELECTOR   0x28
#define USER_CODE_SELECTOR   0x30
#define TSS_SELECTOR         0x38

#endif
