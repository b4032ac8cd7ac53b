// One port exit and back: the plain loop, and the loop of the usual tutorial, which reads all registers on every exit.
#include "vm.h"
#include <stdio.h>
#include <sys/ioctl.h>

int exits(char **arguments, int reads_registers)
{
    struct image image = read_image(arguments[0]);
    struct vm vm;
    static uint8_t console[65536];
    uint64_t count = 0, start;
    struct kvm_regs registers;
    struct kvm_sregs special;

    create_vm(&vm, open_kvm(), NULL);
    load_vm(&vm, &image);
    start = now_ns();
    for (;;) {
        run_vcpu(&vm);
        if (reads_registers && (ioctl(vm.vcpu, KVM_GET_REGS, &registers) < 0 || ioctl(vm.vcpu, KVM_GET_SREGS, &special) < 0))
            fail("KVM_GET_REGS", "vCPU");
        if (vm.run->exit_reason == KVM_EXIT_HLT)
            break;
        if (vm.run->exit_reason != KVM_EXIT_IO || vm.run->io.port != PORT_CONSOLE)
            unexpected_exit(&vm);
        console[count++ % sizeof console] = *(uint8_t *)io_data(&vm);
    }
    printf("{\"operations\": %lu, \"nsPerOperation\": %.1f}\n", count, (double)(now_ns() - start) / (double)count);
    destroy_vm(&vm, 1);
    return 0;
}
