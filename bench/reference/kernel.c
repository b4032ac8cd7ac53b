// Boots the guest kernel with one program and serves what a short program asks of the host: docs/design.md and
// guest/include/hypercall.h say how. Anything else ends it with a message.
#include "vm.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

// guest/include/memlayout.h
#define GDT          0x1F6000
#define PML4         0x1F7000
#define PDPT         0x1F8000
#define PD           0x1F9000
#define STACK_TOP    0x200000
#define FREE_MEMORY  0x200000
#define LARGE_PAGE   0x200000

// Intel SDM vol. 3A, sections 2.2.1, 2.5 and 4.5.
#define CR0_LONG  0x80050033        // PG AM WP NE ET MP PE
#define CR4_LONG  0x620             // PAE OSFXSR OSXMMEXCPT
#define EFER_LONG 0xD01             // LMA LME NXE SCE
#define PTE_P 1
#define PTE_W 2
#define PTE_U 4
#define PTE_LARGE 0x80
#define PTE_ADDRESS 0x000FFFFFFFFFF000

#define PORT_SYSCALL 0x8010
#define PORT_PREAD   0x8011
#define PORT_ZERO    0x8013
#define PORT_FILL    0x8015
#define PORT_READY   0x8017
#define PORT_CLOSE   0x8003
#define LINUX_WRITE  1

static void *at(struct vm *vm, uint64_t address, uint64_t length)
{
    if (length > MEMORY_BYTES || address > MEMORY_BYTES - length) {
        fprintf(stderr, "kvm-reference: the guest named %lu bytes at 0x%lx, which is not its memory\n", length, address);
        exit(1);
    }
    return vm->memory + address;
}

static uint64_t load_elf(struct vm *vm, const struct image *image)
{
    const Elf64_Ehdr *header = image->bytes;

    for (int i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment = (const void *)((const uint8_t *)image->bytes + header->e_phoff + (size_t)i * sizeof *segment);

        if (segment->p_type == PT_LOAD)
            memcpy(at(vm, segment->p_paddr, segment->p_memsz), (const uint8_t *)image->bytes + segment->p_offset, segment->p_filesz);
    }
    return header->e_entry;
}

static void build_tables(struct vm *vm)
{
    static const uint64_t gdt[9] = { 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF, 0, 0, 0x00CFF3000000FFFF, 0x00AFFB000000FFFF };
    uint64_t *directory = at(vm, PD, 4096);

    memcpy(at(vm, GDT, sizeof gdt), gdt, sizeof gdt);
    *(uint64_t *)at(vm, PML4, 8) = PDPT | PTE_P | PTE_W | PTE_U;
    *(uint64_t *)at(vm, PDPT, 8) = PD | PTE_P | PTE_W | PTE_U;
    for (uint64_t i = 0; i < MEMORY_BYTES / LARGE_PAGE; i++)
        directory[i] = i * LARGE_PAGE | PTE_P | PTE_W | PTE_LARGE;
}

// argc, argv, NULL, NULL, and then the one string.
static uint64_t build_stack(struct vm *vm, const char *argument)
{
    uint64_t size = (strlen(argument) + 8) & ~7ul, string = STACK_TOP - size, stack = (string - 4 * 8) & ~15ul;
    uint64_t words[4] = { 1, string, 0, 0 };

    strcpy(at(vm, string, size), argument);
    memcpy(at(vm, stack, sizeof words), words, sizeof words);
    return stack;
}

static void enter_long_mode(struct vm *vm, uint64_t entry, uint64_t stack)
{
    struct kvm_regs registers = {
        .rip = entry, .rsp = stack, .rdi = FREE_MEMORY, .rsi = MEMORY_BYTES - FREE_MEMORY, .r9 = 1, .rflags = 2,
    };
    struct kvm_segment code = { .limit = UINT32_MAX, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1 };
    struct kvm_segment data = { .limit = UINT32_MAX, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1 };
    struct kvm_sregs special;

    if (ioctl(vm->vcpu, KVM_GET_SREGS, &special) < 0)
        fail("KVM_GET_SREGS", "vCPU");
    special.cs = code;
    special.ds = special.es = special.fs = special.gs = special.ss = data;
    special.gdt.base = GDT;
    special.gdt.limit = 9 * 8 - 1;
    special.idt.base = special.idt.limit = 0;
    special.cr0 = CR0_LONG;
    special.cr3 = PML4;
    special.cr4 = CR4_LONG;
    special.efer = EFER_LONG;
    if (ioctl(vm->vcpu, KVM_SET_SREGS, &special) < 0 || ioctl(vm->vcpu, KVM_SET_REGS, &registers) < 0)
        fail("KVM_SET_REGS", "vCPU");
}

// The physical address behind a user's, or 0.
static uint64_t walk(struct vm *vm, uint64_t cr3, uint64_t address)
{
    uint64_t table = cr3 & PTE_ADDRESS;

    for (int shift = 39; ; shift -= 9) {
        uint64_t entry = *(uint64_t *)at(vm, table + (address >> shift & 511) * 8, 8);

        if ((entry & (PTE_P | PTE_U)) != (PTE_P | PTE_U))
            return 0;
        if (shift == 12 || (entry & PTE_LARGE && shift < 39)) {
            uint64_t offset = (1ul << shift) - 1;
            return (entry & PTE_ADDRESS & ~offset) | (address & offset);
        }
        table = entry & PTE_ADDRESS;
    }
}

static int64_t write_for_user(struct vm *vm, const struct kvm_regs *registers)
{
    struct kvm_sregs special;
    uint64_t done = 0;

    if (ioctl(vm->vcpu, KVM_GET_SREGS, &special) < 0)
        fail("KVM_GET_SREGS", "vCPU");
    while (done < registers->rcx) {
        uint64_t address = registers->rsi + done, part = 4096 - (address & 4095), physical = walk(vm, special.cr3, address);
        ssize_t written;

        if (!physical)
            return -EFAULT;
        part = part < registers->rcx - done ? part : registers->rcx - done;
        written = write((int)registers->rdi, at(vm, physical, part), part);
        if (written < 0)
            return -errno;
        done += (uint64_t)written;
    }
    return (int64_t)done;
}

static int64_t fill(struct vm *vm, const uint64_t *request)
{
    uint64_t *words = at(vm, request[0], request[1] > 65536 ? UINT64_MAX : request[1] * 8), value = request[2];
    int64_t filled = 0;

    for (uint64_t i = 0; i < request[1]; i++)
        if (!words[i]) {
            words[i] = value;
            value += request[3];
            filled++;
        }
    return filled;
}

// The calls whose result is in RAX when the `out` has completed.
static void serve_in_register(struct vm *vm, uint16_t port, uint32_t argument)
{
    struct kvm_regs registers;
    uint64_t *request;
    int64_t result;

    if (ioctl(vm->vcpu, KVM_GET_REGS, &registers) < 0)
        fail("KVM_GET_REGS", "vCPU");
    if (port == PORT_SYSCALL && registers.rax == LINUX_WRITE)
        result = write_for_user(vm, &registers);
    else if (port == PORT_PREAD) {
        request = at(vm, argument, 4 * 8);
        result = pread((int)request[0], at(vm, request[1], request[2]), request[2], (off_t)request[3]);
    } else if (port == PORT_ZERO) {
        request = at(vm, argument, 2 * 8);
        memset(at(vm, request[0], request[1]), 0, request[1]);
        result = 0;
    } else if (port == PORT_READY) {
        request = at(vm, argument, 2 * 8);
        result = getrandom(at(vm, request[0], request[1]), request[1], 0) < 0 ? -errno : 0;
    } else if (port == PORT_FILL)
        result = fill(vm, at(vm, argument, 4 * 8));
    else
        result = -ENOSYS;
    registers.rax = (uint64_t)result;
    if (ioctl(vm->vcpu, KVM_SET_REGS, &registers) < 0)
        fail("KVM_SET_REGS", "vCPU");
}

int run_program(const struct image *kernel, const char *program)
{
    struct vm vm;
    int64_t pending = -EINVAL;
    int status;

    create_vm(&vm, open_kvm(), NULL);
    build_tables(&vm);
    enter_long_mode(&vm, load_elf(&vm, kernel), build_stack(&vm, program));
    for (;;) {
        uint32_t *data;

        run_vcpu(&vm);
        if (vm.run->exit_reason != KVM_EXIT_IO || vm.run->io.size != 4)
            unexpected_exit(&vm);
        data = io_data(&vm);
        if (vm.run->io.direction == KVM_EXIT_IO_IN)
            *data = (uint32_t)pending;
        else if (vm.run->io.port == PORT_EXIT)
            break;
        else if (vm.run->io.port == PORT_OPEN)
            pending = open(at(&vm, *data, 1), O_RDONLY | O_CLOEXEC);
        else if (vm.run->io.port == PORT_CLOSE)
            pending = close((int)*data);
        else if (vm.run->io.port >= PORT_SYSCALL && vm.run->io.port <= PORT_READY)
            serve_in_register(&vm, vm.run->io.port, *data);
        else
            unexpected_exit(&vm);
    }
    status = *(int *)io_data(&vm);
    destroy_vm(&vm, 1);
    return status;
}
