// The pages that are mapped for the program to read, nothing else being in them: the page of time that the host writes, and behind it
// the code of the vDSO, which is a file of its own (guest/vdso).
#include "memlayout.h"

.section .data.vdso, "aw"
.balign PAGE_SIZE
.globl clock_page
clock_page:
    .skip PAGE_SIZE
    .incbin VDSO
.balign PAGE_SIZE

.section .note.GNU-stack, "", @progbits
