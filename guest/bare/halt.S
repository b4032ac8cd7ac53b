// Halts at once: the shortest life of a VM. The one byte is the same in every mode, so any flat boot will do.
.code64
.globl start
start:
    hlt

.section .note.GNU-stack, "", @progbits
