// The user stack. Its top pages are the boot stack itself: the host wrote the argument and environment strings there, the
// kernel put nothing on it, and so no string is copied. Only the pointers are, below, with the auxiliary vector between them
// and the strings, as the psABI has it (System V psABI x86-64, section 3.4.1).
#include "elf.h"
#include "kernel.h"
#include "memory.h"
#include "x86.h"

#define AUX_WORDS         40
#define HWCAP2_FSGSBASE   2         // asm/hwcap2.h

static u64 random_word(bool has_rdrand)
{
    u64 value;

    if (has_rdrand && rdrand(&value))
        return value;
    return rdtsc() * 0x9E3779B97F4A7C15UL;      // spreads the counter's low bits: better than nothing
}

static u64 *put_aux(u64 *next, u64 type, u64 value)
{
    next[0] = type;
    next[1] = value;
    return next + 2;
}

// Copies pointers up to and with the NULL, as user addresses.
static const u64 *copy_pointers(u64 **to, const u64 *from, u64 to_user)
{
    u64 *next = *to;

    while (*from)
        *next++ = *from++ + to_user;
    *next++ = 0;                    // others may have been there before
    *to = next;
    return from + 1;
}

static u64 text_bytes(const char *text)
{
    u64 bytes = 1;

    while (text[bytes - 1])
        bytes++;
    return bytes;
}

// A script's words come before the arguments, the last one first. Copied, to where they end.
static u64 *put_words(const struct process *process, u64 *next, char *end, u64 to_user)
{
    for (u64 i = process->word_count; i-- > 0; next++) {
        u64 bytes = text_bytes(process->words[i]);
        end -= bytes;
        memcpy(end, process->words[i], bytes);
        *next = V2P(end) + to_user;
    }
    return next;
}

// The rest comes on demand. Below is a gap that nothing is put into.
int map_user_stack(const struct process *process, const struct boot_stack *stack)
{
    u64 pages = (stack->top - stack->bottom) / PAGE_SIZE;

    if (vma_add(USER_STACK_LIMIT, USER_TOP, process->stack_bits, VMA_LAZY) < 0
        || map_user(USER_TOP - pages * PAGE_SIZE, stack->bottom, pages, process->stack_bits) < 0)
        return -ENOMEM;
    return 0;
}

int fill_user_stack(struct process *process, const struct boot_stack *stack)
{
    const u64 *boot_stack = stack->pointer;
    u64 to_user = USER_TOP - stack->top;
    static const u64 platform = 0x34365f363878;     // "x86_64"
    u32 features[4];                // EAX, EBX, ECX, EDX
    u64 argc = boot_stack[0] + process->word_count;
    u64 envc = 0, words_bytes = 0;
    u64 *random, *start, *next;
    const u64 *from;

    while (boot_stack[boot_stack[0] + 2 + envc])
        envc++;
    for (u64 i = 0; i < process->word_count; i++)
        words_bytes += text_bytes(process->words[i]);

    random = stack->pointer - 3;
    // argc, argv and NULL, envp and NULL, the vector; RSP must be a multiple of 16.
    start = (u64 *)(((u64)(random - (argc + envc + 3 + AUX_WORDS)) - words_bytes) & ~15UL);
    if ((u64)start < (u64)P2V(stack->bottom))
        return -E2BIG;
    cpuid(1, features);
    random[0] = random_word(features[2] & 1U << CPUID_1_RDRAND);
    random[1] = random_word(features[2] & 1U << CPUID_1_RDRAND);
    random[2] = platform;
    process->random = V2P(random);

    next = start;
    *next++ = argc;
    next = put_words(process, next, (char *)random, to_user);
    from = copy_pointers(&next, boot_stack + 1, to_user);
    copy_pointers(&next, from, to_user);
    next = put_aux(next, AT_PHDR, process->phdr);
    next = put_aux(next, AT_PHENT, sizeof(struct program_header));
    next = put_aux(next, AT_PHNUM, process->phnum);
    next = put_aux(next, AT_PAGESZ, PAGE_SIZE);
    next = put_aux(next, AT_BASE, process->base);
    next = put_aux(next, AT_FLAGS, 0);
    next = put_aux(next, AT_ENTRY, process->entry);
    next = put_aux(next, AT_UID, 0);
    next = put_aux(next, AT_EUID, 0);
    next = put_aux(next, AT_GID, 0);
    next = put_aux(next, AT_EGID, 0);
    next = put_aux(next, AT_SECURE, 0);
    next = put_aux(next, AT_CLKTCK, 100);
    next = put_aux(next, AT_HWCAP, features[3]);
    next = put_aux(next, AT_HWCAP2, read_cr4() & CR4_FSGSBASE ? HWCAP2_FSGSBASE : 0);
    next = put_aux(next, AT_PLATFORM, V2P(&random[2]) + to_user);
    next = put_aux(next, AT_RANDOM, V2P(random) + to_user);
    next = put_aux(next, AT_EXECFN, boot_stack[1] + to_user);
    next = put_aux(next, AT_SYSINFO_EHDR, process->vdso);
    put_aux(next, AT_NULL, 0);
    process->stack_pointer = V2P(start) + to_user;
    shown_program->argv = V2P(start + 1);
    shown_program->argc = argc;
    shown_program->stack_offset = to_user;
    return 0;
}
