// Executes single instructions on this processor: reads requests from standard input, and answers each with the state after it.
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE_BYTES = 16, MEMORY_BYTES = 128 };

// The layout is HardwareCase.cs's.
struct state {
    uint8_t fx[512];
    uint8_t memory[MEMORY_BYTES];
    uint64_t rax, rcx, rdx, flags;
    uint8_t code[CODE_BYTES];
    uint64_t code_length;
    uint64_t vector;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct state, memory) == 512 && offsetof(struct state, rax) == 640, "the assembly below knows these");

static struct state current;

// rdi: the state; rsi: the code, which jumps to run_end.
__asm__(
    "    .text\n"
    "run:\n"
    "    push %rbx\n    push %rbp\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
    "    mov %rdi, %r15\n"
    "    mov %rsi, %r14\n"
    "    fxrstor64 (%r15)\n"
    "    push 664(%r15)\n    popfq\n"
    "    mov 640(%r15), %rax\n    mov 648(%r15), %rcx\n    mov 656(%r15), %rdx\n"
    "    lea 512(%r15), %rdi\n"
    "    jmp *%r14\n"
    "run_end:\n"
    "    mov %rax, 640(%r15)\n    mov %rcx, 648(%r15)\n    mov %rdx, 656(%r15)\n"
    "    pushfq\n    pop 664(%r15)\n"
    "    cld\n"
    "    fxsave64 (%r15)\n"
    "run_leave:\n"
    "    fninit\n"
    "    push $0x1f80\n    ldmxcsr (%rsp)\n    pop %rax\n"
    "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbp\n    pop %rbx\n"
    "    ret\n");

extern void run(struct state *state, const void *code);
extern const char run_end[], run_leave[];

// Faults leave the state as the kernel found it.
static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    ucontext_t *user = context;
    greg_t *registers = user->uc_mcontext.gregs;
    memcpy(current.fx, user->uc_mcontext.fpregs, 416);
    current.rax = (uint64_t)registers[REG_RAX];
    current.rcx = (uint64_t)registers[REG_RCX];
    current.rdx = (uint64_t)registers[REG_RDX];
    current.flags = (uint64_t)registers[REG_EFL];
    current.vector = (uint64_t)registers[REG_TRAPNO];
    registers[REG_RIP] = (greg_t)run_leave;
    registers[REG_EFL] &= ~0x400;
}

static int read_all(void *to, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = read(0, (char *)to + done, length - done);
        if (got <= 0) {
            return 0;
        }
        done += (size_t)got;
    }
    return 1;
}

static void write_all(const void *from, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t put = write(1, (const char *)from + done, length - done);
        if (put <= 0) {
            _exit(1);
        }
        done += (size_t)put;
    }
}

int main(void)
{
    static char alternate[65536];
    stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || sigaltstack(&stack, NULL) != 0) {
        return 2;
    }
    int signals[] = { SIGFPE, SIGSEGV, SIGILL, SIGBUS };
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
    }

    static struct state requests[256];
    uint64_t count;
    while (read_all(&count, sizeof count) && count <= 256 && read_all(requests, count * sizeof *requests)) {
        for (uint64_t i = 0; i < count; i++) {
            current = requests[i];
            if (current.code_length > CODE_BYTES) {
                return 3;
            }
            // jmp *run_end(%rip)
            static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };
            const void *end = run_end;
            memcpy(page, current.code, current.code_length);
            memcpy(page + current.code_length, jump, sizeof jump);
            memcpy(page + current.code_length + sizeof jump, &end, sizeof end);
            __builtin___clear_cache((char *)page, (char *)page + 64);
            current.vector = UINT64_MAX;
            run(&current, page);
            requests[i] = current;
        }
        write_all(requests, count * sizeof *requests);
    }
    return 0;
}
