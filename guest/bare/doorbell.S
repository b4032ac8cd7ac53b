// Rings two doorbells: 1000 4-byte writes to port 0x510 and 3 1-byte writes to port 0x511. Where the host gives such a port
// to an eventfd, the writes cost no exit to it. Boot `long64`.
#define DOORBELL      0x510
#define RINGS         1000
#define BYTE_DOORBELL 0x511

.code64
.globl start
start:
    mov $DOORBELL, %edx
    mov $RINGS, %ecx
1:
    mov %ecx, %eax
    out %eax, %dx
    dec %ecx
    jnz 1b

    mov $BYTE_DOORBELL, %edx
    mov $1, %al
    out %al, %dx
    out %al, %dx
    out %al, %dx
    hlt

.section .note.GNU-stack, "", @progbits
