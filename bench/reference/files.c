// A guest reads a file 64 bytes at a time by hypercall. Arguments: the image and the file.
#include "vm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A guest is not to be trusted: what it points at has to be its own memory.
static int32_t read_for_guest(struct vm *vm, uint32_t address)
{
    uint64_t request[3];
    ssize_t length;

    if (address > MEMORY_BYTES - sizeof request)
        return -EFAULT;
    memcpy(request, vm->memory + address, sizeof request);
    if (request[2] > MEMORY_BYTES || request[1] > MEMORY_BYTES - request[2])
        return -EFAULT;
    length = read((int)request[0], vm->memory + request[1], request[2]);
    return length < 0 ? -errno : (int32_t)length;
}

int files(char **arguments, int reads_registers)
{
    struct image image = read_image(arguments[0]);
    struct vm vm;
    uint64_t count = 0, start;
    int32_t result = -EINVAL;

    create_vm(&vm, open_kvm(), NULL);
    load_vm(&vm, &image);
    start = now_ns();
    for (;;) {
        run_vcpu(&vm);
        if (reads_registers)
            read_registers(&vm);
        if (vm.run->exit_reason == KVM_EXIT_HLT)
            break;
        if (vm.run->exit_reason != KVM_EXIT_IO || vm.run->io.size != sizeof result)
            unexpected_exit(&vm);
        if (vm.run->io.direction == KVM_EXIT_IO_IN)
            memcpy(io_data(&vm), &result, sizeof result);
        else if (vm.run->io.port == PORT_OPEN)
            result = open(arguments[1], O_RDONLY | O_CLOEXEC);
        else if (vm.run->io.port == PORT_READ) {
            result = read_for_guest(&vm, *(uint32_t *)io_data(&vm));
            count++;
        } else
            unexpected_exit(&vm);
    }
    printf("{\"operations\": %lu, \"nsPerOperation\": %.1f}\n", count, (double)(now_ns() - start) / (double)count);
    destroy_vm(&vm, 1);
    return 0;
}
