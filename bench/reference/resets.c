// Takes a used VM back to how it was before its first instruction: its private copies of pages are dropped, so that the image
// in the memfd shows again, and its registers are set. Arguments: the image and how many times.
#define _GNU_SOURCE
#include "vm.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int resets(char **arguments)
{
    struct image image = read_image(arguments[0]);
    long count = strtol(arguments[1], NULL, 0);
    int snapshot = memfd_create("snapshot", MFD_CLOEXEC);
    struct kvm_regs registers;
    struct kvm_sregs special;
    struct kvm_xsave xsave;
    struct vm vm;
    uint64_t reset_ns = 0, run_ns = 0;
    void *memory;

    if (snapshot < 0 || ftruncate(snapshot, MEMORY_BYTES) < 0 || pwrite(snapshot, image.bytes, image.size, 0) != (ssize_t)image.size)
        fail("memfd_create", "snapshot");
    memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, snapshot, 0);
    if (memory == MAP_FAILED)
        fail("mmap", "snapshot");
    create_vm(&vm, open_kvm(), memory);
    set_entry(&vm);
    if (ioctl(vm.vcpu, KVM_GET_REGS, &registers) < 0 || ioctl(vm.vcpu, KVM_GET_SREGS, &special) < 0
        || ioctl(vm.vcpu, KVM_GET_XSAVE, &xsave) < 0)
        fail("KVM_GET_XSAVE", "vCPU");

    for (long i = 0; i < count; i++) {
        uint64_t started = now_ns(), ran;

        run_vcpu(&vm);
        if (vm.run->exit_reason != KVM_EXIT_HLT)
            unexpected_exit(&vm);
        ran = now_ns();
        if (madvise(memory, MEMORY_BYTES, MADV_DONTNEED) < 0)
            fail("madvise", "guest memory");
        if (ioctl(vm.vcpu, KVM_SET_SREGS, &special) < 0 || ioctl(vm.vcpu, KVM_SET_REGS, &registers) < 0
            || ioctl(vm.vcpu, KVM_SET_XSAVE, &xsave) < 0)
            fail("KVM_SET_XSAVE", "vCPU");
        reset_ns += now_ns() - ran;
        run_ns += ran - started;
    }
    printf("{\"operations\": %ld, \"nsPerOperation\": %.1f, \"nsPerRun\": %.1f}\n", count, (double)reset_ns / (double)count,
           (double)run_ns / (double)count);
    destroy_vm(&vm, 1);
    return 0;
}
