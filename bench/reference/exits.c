// One port exit and back: the plain loop, and the loop of the usual tutorial, which reads all registers on every exit.
#include "vm.h"
#include <stdio.h>

int exits(char **arguments, int reads_registers)
{
    struct image image = read_image(arguments[0]);
    struct vm vm;
    static uint8_t console[65536];
    uint64_t count = 0, start;

    create_vm(&vm, open_kvm(), NULL);
    load_vm(&vm, &image);
    start = now_ns();
    for (;;) {
        run_vcpu(&vm);
        if (reads_registers)
            read_registers(&vm);
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
