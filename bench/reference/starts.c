// Creates, loads, runs and destroys VMs one after the other; the guest halts at once. Arguments: the image and how many.
#include "vm.h"
#include <stdio.h>
#include <stdlib.h>

int starts(char **arguments)
{
    struct image image = read_image(arguments[0]);
    long count = strtol(arguments[1], NULL, 0);
    int kvm = open_kvm();
    uint64_t start_ns = 0, destroy_ns = 0;

    for (long i = 0; i < count; i++) {
        struct vm vm;
        uint64_t started = now_ns(), ended;

        create_vm(&vm, kvm, NULL);
        load_vm(&vm, &image);
        run_vcpu(&vm);
        if (vm.run->exit_reason != KVM_EXIT_HLT)
            unexpected_exit(&vm);
        ended = now_ns();
        destroy_vm(&vm, 1);
        start_ns += ended - started;
        destroy_ns += now_ns() - ended;
    }
    printf("{\"operations\": %ld, \"nsPerOperation\": %.1f, \"nsPerDestroy\": %.1f}\n", count, (double)start_ns / (double)count,
           (double)destroy_ns / (double)count);
    return 0;
}
