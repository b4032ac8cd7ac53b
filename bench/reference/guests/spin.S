// Runs for ever, without an exit.
.code16
    jmp .

.section .note.GNU-stack, "", @progbits
