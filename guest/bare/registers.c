// Compares the state every vCPU is entered in with what the `elf64` boot protocol promises, and prints it to port 0xE9, a block
// of lines per vCPU; then halts.
#include "barelib.h"
#include "memlayout.h"

#define CR0_PROMISED  0x80050033        // PG AM WP NE ET MP PE
#define CR4_PROMISED  0x620             // OSXMMEXCPT OSFXSR PAE
#define EFER_PROMISED 0xD01             // NXE LMA LME SCE
#define RFLAGS_MASK   (~0x8D5UL)        // but for the arithmetic flags
#define PAGE_MASK     (PAGE_SIZE - 1)

static volatile u32 console_lock;
static int all_right;                   // of the vCPU that holds the lock

void putchar(char c)
{
    outb(0xe9, c);
}

static void check(const char *name, u64 value, int ok)
{
    print("  ");
    print(name);
    print(" ");
    print_hex(value);
    print(ok ? " ok\n" : " FAIL\n");
    all_right &= ok;
}

static void check_is(const char *name, u64 value, u64 promised)
{
    check(name, value, value == promised);
}

// One list of strings; each must begin where the one before it ended. Returns the word after the NULL.
static const u64 *check_strings(const char *name, const u64 *pointers, u64 *expected)
{
    for (; *pointers; pointers++) {
        const char *text = (const char *)*pointers;
        print("  ");
        print(name);
        print(" ");
        print(text);
        if (*expected && *pointers != *expected) {
            print(" FAIL not after the one before\n");
            all_right = 0;
        } else {
            print("\n");
        }
        *expected = *pointers + strlen(text) + 1;
    }
    return pointers + 1;
}

static void check_stack(const struct boot_state *state, u64 end_of_free)
{
    u64 bottom = state->r8 == 0 ? BOOT_STACK : end_of_free;
    u64 top = state->r8 == 0 ? BOOT_STACK_TOP : end_of_free + (state->r9 - 1) * VCPU_STACK_SIZE;
    const u64 *stack = (const u64 *)state->rsp;
    const u64 *pointers = stack + 1;
    u64 expected = 0;

    check("rsp", state->rsp, state->rsp % 16 == 0 && state->rsp >= bottom && state->rsp < top);
    check("argc", stack[0], pointers[stack[0]] == 0);
    pointers = check_strings("argv", pointers, &expected);
    pointers = check_strings("envp", pointers, &expected);
    check("end of strings", expected, expected == 0 || (expected > (u64)pointers && expected <= top));
}

void main(const struct boot_state *state)
{
    u64 end_of_free = state->rdi + state->rsi;

    lock(&console_lock);
    all_right = 1;
    print("vcpu ");
    print_number(state->r8);
    print(" of ");
    print_number(state->r9);
    print("\n");
    check("rdi", state->rdi, state->rdi >= FREE_MEMORY && (state->rdi & PAGE_MASK) == 0);
    check("rsi", state->rsi, state->rsi >= PAGE_SIZE && end_of_free > state->rdi);
    check("r8", state->r8, state->r8 < state->r9);
    check("r9", state->r9, state->r9 > 0);
    check_is("rflags", state->rflags & RFLAGS_MASK, 2);
    check_is("cs", read_cs(), KERNEL_CODE_SELECTOR);
    check_is("ss", read_ss(), KERNEL_DATA_SELECTOR);
    check_is("cr0", read_cr0(), CR0_PROMISED);
    check_is("cr3", read_cr3(), BOOT_PML4);
    check_is("cr4", read_cr4(), CR4_PROMISED);
    check_is("efer", read_efer(), EFER_PROMISED);
    check_stack(state, end_of_free);
    // The last free word is there, mapped one to one and zero.
    check_is("last free word", *(volatile u64 *)(end_of_free - 8), 0);
    print(all_right ? "all ok\n" : "FAIL\n");
    unlock(&console_lock);
    halt();
}
