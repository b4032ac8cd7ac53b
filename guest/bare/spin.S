// Never ends and never exits: only a kick from the host stops it. Boot `long64`.
.code64
.globl start
start:
    jmp start

.section .note.GNU-stack, "", @progbits
