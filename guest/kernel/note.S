// What the kernel's file says of it to the host, without running: one vCPU is enough to begin with, as it starts the others itself.
#include "hypercall.h"

.section .note.KvmActors, "a", @note
.balign 4
    .long name_end - name
    .long 0                         // nothing but its kind
    .long NOTE_STARTS_VCPUS
name:
    .asciz NOTE_NAME
name_end:
.balign 4

.section .note.GNU-stack, "", @progbits
