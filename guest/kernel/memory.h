// Memory: what the files about it offer one another, in the order in which README.md lists the files, from the top down:
// vma.c has what the program may use where, vm.c the page tables, kalloc.c the physical pages; fault.c brings them together.
#ifndef MEMORY_H
#define MEMORY_H

#include "memlayout.h"
#include "mmu.h"
#include "types.h"
#include "vmlayout.h"

#define PAGE_MASK       0xFFFUL
#define LARGE_MASK      (LARGE_PAGE - 1)
#define LARGE_PAGES     (LARGE_PAGE / PAGE_SIZE)
#define P2V(physical)   ((void *)((physical) + KERNBASE))
#define V2P(pointer)    ((u64)(pointer) - KERNBASE)

#define PAGE_UP(address)   (((address) + PAGE_MASK) & ~PAGE_MASK)
#define PAGE_DOWN(address) ((address) & ~PAGE_MASK)
#define LARGE_UP(address)  (((address) + LARGE_MASK) & ~LARGE_MASK)

struct vma;

// brk.c
void brk_init(u64 start);

// mmap.c; linux/mman.h
#define PROT_READ    1
#define PROT_WRITE   2
#define PROT_EXEC    4
#define PROT_ALL     (PROT_READ | PROT_WRITE | PROT_EXEC)
extern u64 mmap_top;               // mappings that may be anywhere end below
int unmap_range(u64 start, u64 end);
u64 prot_bits(u64 prot);

// uaccess.c
int copy_from_user(void *to, u64 from, size_t size);
int copy_to_user(u64 to, const void *from, size_t size);
u32 *user_word(u64 address);         // to be written; null when it cannot be

// fault.c
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };
bool is_there(u64 address, enum access access);
int serve_fault(u64 address, enum access access, u64 window);
bool host_fault(u64 report);
int populate(struct vma *vma, u64 start, u64 end);

// vma.c: a part of user space in which all pages are used alike. Neighbours that are alike are one.
struct vma {
    struct vma *next, *previous;    // by address
    u64 start, end;
    u64 bits;                       // of its page table entries; 0 for PROT_NONE
    u32 flags;
    u32 priority;                   // in the tree, of which the rest is vma.c's, too
    struct vma *parent, *left, *right;
    u64 widest;                     // of the gaps below it and below what hangs on it
    struct shared_file *file;       // whose pages it has; null for pages of its own
    u64 first;                      // of them
};

#define VMA_CHARGED  1              // its pages are committed: a fault in it finds memory
#define VMA_LAZY     2              // its pages are committed one by one, when a fault brings them (stack, MAP_NORESERVE)
#define VMA_FILE     4              // has contents that zero pages cannot replace
#define VMA_BEYOND   8              // behind the end of the file that was mapped: touching it is SIGBUS
#define VMA_CONSTANT 16             // of a file that is not open for writing: it cannot become writable

#define BITS_ANY     (PTE_P | PTE_U | PTE_A | PTE_D)

extern struct vma vmas;             // the list's head: it ends where user space begins and is before the first and after the last
struct vma *vma_above(u64 address); // the first that ends above the address, or the head
struct vma *vma_find(u64 address);  // the one that has the address, or null
int vma_add(u64 start, u64 end, u64 bits, u32 flags);
int vma_add_shared(u64 start, u64 end, u64 bits, u32 flags, struct shared_file *file, u64 first);
int vma_cut(u64 address);           // makes the address a border
void vma_merge(u64 start, u64 end);
void vma_remove(struct vma *vma);
bool vma_is_free(u64 start, u64 end);
bool vma_covers(u64 start, u64 end);
u64 vma_gap(u64 bytes, u64 limit, u64 like);

// shared.c: a file that is mapped shared. Pages are counted from its beginning.
struct shared_file {
    u64 id;                         // the host's
    u64 areas;                      // that have it
    u64 pages;                      // in memory
    struct shared_file *next;
};
struct shared_file *shared_open(u64 fd, bool *is_writable, long *error);
void shared_retain(struct shared_file *file);
void shared_release(struct shared_file *file);
int shared_fill(struct shared_file *file, u64 first, u64 *entries, u64 count, u64 bits);
long shared_sync(const struct shared_file *file, u64 first, u64 count, bool lasts);

// kmalloc.c: small pieces, not cleared; null when there is no memory left.
void *kmalloc(size_t size);
void kfree(void *pointer, size_t size);

// vm.c: user space's page tables. Ranges are of whole pages.
u64 *page_table_entry(u64 address); // of the last level or of a large page; null when there is none
u64 *directory_entry(u64 address);  // made when there is none; null when there is no memory
u64 *page_table(u64 address);       // likewise
int map_user(u64 address, u64 physical, u64 pages, u64 bits);
int split_large_page(u64 address);
u64 unmap_user(u64 start, u64 end, bool frees);
void protect_user(u64 start, u64 end, u64 bits);
int move_user(u64 from, u64 to, u64 bytes);
void flush_user(u64 start, u64 end);
void flush_others(void);

// pte.c: parts of one table
u64 free_entries(u64 *entries, u64 count);
void clear_entries(u64 *entries, u64 count);
void change_entries(u64 *entries, u64 count, u64 bits);

// kalloc.c: physical pages, all zero; 0 when there are none left.
extern u64 high_memory[2];          // entry.S: where it begins above 4 GiB, and its bytes
void kalloc_init(u64 first_free, u64 free_bytes);
u64 kalloc_page(void);              // committed by itself, for the kernel's own use
u64 kalloc_pages(u64 count);        // contiguous
u64 kalloc_run(u64 *pages);         // contiguous, at most *pages; says how many
void kalloc_return(u64 first, u64 pages);   // the untouched end of such a run
u64 kalloc_large(void);
u64 kalloc_aligned(u64 count);      // contiguous, a power of two, from a multiple of so many; committed by itself
void kfree_page(u64 page);
void kfree_run(u64 first, u64 pages);
int commit(u64 pages);              // -ENOMEM when that much is not there to promise
void uncommit(u64 pages);

// kmap.c: the kernel's map of physical memory.
bool map_kernel_page(u64 physical);

#endif
