// Halts at once.
.code16
    hlt

.section .note.GNU-stack, "", @progbits
