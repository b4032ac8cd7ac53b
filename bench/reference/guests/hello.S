// A short life: says hello, an exit for each letter, and exits with status 0.
.code16
start:
    mov $text, %esi
    mov $0xE9, %dx
    cld
next:
    lodsb
    test %al, %al
    jz done
    out %al, %dx
    jmp next
done:
    mov $0x8005, %dx
    xor %eax, %eax
    out %eax, %dx

text = . - start
    .asciz "hello\n"

.section .note.GNU-stack, "", @progbits
