// Creating, loading, running and destroying a VM with the system calls it takes and nothing else.
#include "vm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUID 256

// Asked for once in a process: KVM takes long to answer.
static struct {
    struct kvm_cpuid2 header;
    struct kvm_cpuid_entry2 entries[MAX_CPUID];
} cpuid;
static long run_bytes;

_Noreturn void fail(const char *operation, const char *object)
{
    fprintf(stderr, "kvm-reference: %s: %s: %s\n", operation, object, strerror(errno));
    exit(1);
}

_Noreturn void unexpected_exit(const struct vm *vm)
{
    fprintf(stderr, "kvm-reference: KVM_RUN: unexpected exit %u, port 0x%x\n", vm->run->exit_reason,
            vm->run->exit_reason == KVM_EXIT_IO ? vm->run->io.port : 0);
    exit(1);
}

uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct image read_image(const char *path)
{
    struct image image;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0)
        fail("open", path);
    image.size = (size_t)status.st_size;
    image.bytes = malloc(image.size);
    if (!image.bytes || read(fd, image.bytes, image.size) != (ssize_t)image.size || image.size > MEMORY_BYTES)
        fail("read", path);
    close(fd);
    return image;
}

int open_kvm(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (kvm < 0)
        fail("open", "/dev/kvm");
    run_bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    cpuid.header.nent = MAX_CPUID;
    if (run_bytes < 0 || ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
        fail("KVM_GET_SUPPORTED_CPUID", "/dev/kvm");
    return kvm;
}

void create_vm(struct vm *vm, int kvm, void *memory)
{
    struct kvm_userspace_memory_region slot = { .memory_size = MEMORY_BYTES };

    do
        vm->fd = ioctl(kvm, KVM_CREATE_VM, 0);
    while (vm->fd < 0 && errno == EINTR);
    if (vm->fd < 0)
        fail("KVM_CREATE_VM", "/dev/kvm");
    vm->memory = memory ? memory : mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (vm->memory == MAP_FAILED)
        fail("mmap", "guest memory");
    slot.userspace_addr = (uint64_t)(uintptr_t)vm->memory;

    // Intel's processors need both in real mode; below the top of 4 GiB, where no memory is.
    uint64_t identity_map = 0xFFFBC000;
    if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0 || ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xFFFBD000ul) < 0)
        fail("KVM_SET_TSS_ADDR", "VM");
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
        fail("KVM_SET_USER_MEMORY_REGION", "VM");
    vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
    if (vm->vcpu < 0)
        fail("KVM_CREATE_VCPU", "VM");
    vm->run = mmap(NULL, (size_t)run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
    if (vm->run == MAP_FAILED)
        fail("mmap", "run page");
    if (ioctl(vm->vcpu, KVM_SET_CPUID2, &cpuid) < 0)
        fail("KVM_SET_CPUID2", "vCPU");
}

void set_entry(struct vm *vm)
{
    struct kvm_regs registers = { .rflags = 2 };
    struct kvm_sregs special;

    if (ioctl(vm->vcpu, KVM_GET_SREGS, &special) < 0)
        fail("KVM_GET_SREGS", "vCPU");
    special.cs.base = 0;
    special.cs.selector = 0;
    if (ioctl(vm->vcpu, KVM_SET_SREGS, &special) < 0 || ioctl(vm->vcpu, KVM_SET_REGS, &registers) < 0)
        fail("KVM_SET_REGS", "vCPU");
}

void load_vm(struct vm *vm, const struct image *image)
{
    memcpy(vm->memory, image->bytes, image->size);
    set_entry(vm);
}

void run_vcpu(struct vm *vm)
{
    while (ioctl(vm->vcpu, KVM_RUN, 0) < 0)
        if (errno != EINTR)
            fail("KVM_RUN", "vCPU");
}

void read_registers(const struct vm *vm)
{
    struct kvm_regs registers;
    struct kvm_sregs special;

    if (ioctl(vm->vcpu, KVM_GET_REGS, &registers) < 0 || ioctl(vm->vcpu, KVM_GET_SREGS, &special) < 0)
        fail("KVM_GET_REGS", "vCPU");
}

void destroy_vm(struct vm *vm, int owns_memory)
{
    munmap(vm->run, (size_t)run_bytes);
    close(vm->vcpu);
    close(vm->fd);
    if (owns_memory)
        munmap(vm->memory, MEMORY_BYTES);
}
