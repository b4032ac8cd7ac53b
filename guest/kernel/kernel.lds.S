/* Where the kernel's parts go. Preprocessed, so that addresses stay in the headers. */
#include "memlayout.h"
#include "vmlayout.h"

/* The host enters with the identity map, so the entry point is a physical address. */
ENTRY(entry_phys)

PHDRS
{
    text PT_LOAD FLAGS(5);
    data PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

SECTIONS
{
    . = KERNBASE + KERNEL_PHYS;
    .text : AT(ADDR(.text) - KERNBASE) {
        *(.text.syscall_entry)
        *(.text.trap)
        *(.text .text.*)
    } :text
    .rodata : AT(ADDR(.rodata) - KERNBASE) { *(.rodata .rodata.*) } :text
    .note.KvmActors : AT(ADDR(.note.KvmActors) - KERNBASE) { KEEP(*(.note.KvmActors)) } :text :note

    . = ALIGN(PAGE_SIZE);
    .data : AT(ADDR(.data) - KERNBASE) {
        *(.data.descriptors)
        *(.data .data.*)
    } :data
    .bss : AT(ADDR(.bss) - KERNBASE) { *(.bss .bss.*) *(COMMON) } :data

    entry_phys = entry - KERNBASE;
    ASSERT(syscall_entry == KERNBASE + KERNEL_PHYS, "SYSCALL_ENTRY must be the kernel's first byte")
    ASSERT(. < KERNBASE + IMAGE_LIMIT, "the kernel overlaps the boot structures")

    /DISCARD/ : { *(.comment) *(.note .note.*) *(.eh_frame) }
}
