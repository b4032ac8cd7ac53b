// Raises the exception named by the first argument. Every one but `jump-lstar-flags` must end the VM.
#include "ulib.h"
#include "vmlayout.h"

#define WILD_ADDRESS     0xdeadbeefdeadbeef
#define PRIVILEGED_FLAGS 0x1a7000        // IOPL, NT, VM, VIF, VIP

// traps.S
void raise_ud(void);
void raise_gp(void);
void raise_io(void);
void raise_hypercall(void);
void raise_de(void);
void raise_bp(void);
void raise_int80(void);
void raise_db(void);
void execute_null(void);
void overflow_stack(void);
void jump_lstar(long number, unsigned long return_address);
unsigned long jump_lstar_for_flags(void);

static void read_kernel(void)
{
    (void)*(volatile char *)(KERNBASE + KERNEL_PHYS);
}

static void write_kernel(void)
{
    *(volatile char *)(KERNBASE + KERNEL_PHYS) = 0;
}

static void read_noncanonical(void)
{
    (void)*(volatile char *)WILD_ADDRESS;
}

static void read_null(void)
{
    volatile char *volatile null = (volatile char *)8;

    (void)*null;
}

static void execute_stack(void)
{
    volatile unsigned char code[] = { 0xc3 };     // ret

    ((void (*)(void))code)();
}

static void write_text(void)
{
    *(volatile char *)(unsigned long)write_text = 0;
}

// System calls without SYSCALL, and nothing in RCX that could be returned to.
static void jump_lstar_forwarded(void)
{
    jump_lstar(SYS_close, WILD_ADDRESS);
}

static void jump_lstar_local(void)
{
    jump_lstar(SYS_getpid, WILD_ADDRESS);
}

static void jump_lstar_kernel(void)
{
    jump_lstar(SYS_getpid, SYSCALL_ENTRY);
}

// With a good return address and every flag asked for (but TF): what comes back must be no privilege.
static void jump_lstar_flags(void)
{
    unsigned long flags = jump_lstar_for_flags();

    print(1, "flags ");
    print_hex(1, flags);
    print(1, flags & PRIVILEGED_FLAGS ? " privileged\n" : " harmless\n");
    exit(flags & PRIVILEGED_FLAGS ? 1 : 0);
}

static const struct {
    const char *name;
    void (*raise)(void);
} traps[] = {
    { "ud", raise_ud },
    { "gp", raise_gp },
    { "io", raise_io },
    { "hypercall", raise_hypercall },
    { "de", raise_de },
    { "bp", raise_bp },
    { "int80", raise_int80 },
    { "db", raise_db },
    { "kernel-read", read_kernel },
    { "kernel-write", write_kernel },
    { "noncanonical", read_noncanonical },
    { "null", read_null },
    { "nx", execute_stack },
    { "null-call", execute_null },
    { "ro", write_text },
    { "jump-lstar", jump_lstar_forwarded },
    { "jump-lstar-local", jump_lstar_local },
    { "jump-lstar-kernel", jump_lstar_kernel },
    { "jump-lstar-flags", jump_lstar_flags },
    { "stack-overflow", overflow_stack },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(traps) / sizeof(*traps); i++) {
        if (strcmp(argv[1], traps[i].name) == 0) {
            traps[i].raise();
            print(1, "survived\n");
            return 1;
        }
    }
    print(2, "usage: traps NAME, one of:\n");
    for (size_t i = 0; i < sizeof(traps) / sizeof(*traps); i++) {
        print(2, traps[i].name);
        print(2, "\n");
    }
    return 2;
}
