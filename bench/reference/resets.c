// Takes a used VM back to how it was before its first instruction, by the same system calls as the program: the last instruction is
// completed, extended state, debug registers and model-specific registers are set, a memory slot that comes and goes makes KVM
// forget its page tables, and private copies of pages are dropped, so that the image in the memfd shows again. General and special
// registers travel in the run page. Arguments: the image and how many times.
#define _GNU_SOURCE
#include "msrs.h"
#include "vm.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SYNC_ALL     (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)
#define PASSING_SLOT 1
#define FOUR_GIB     (1ull << 32)

struct state {
    struct kvm_regs registers;
    struct kvm_sregs special;
    struct kvm_vcpu_events events;
    struct kvm_debugregs debug;
    struct kvm_xcrs control;
    void *extended;
    struct kvm_msrs *model_specific;
    int has_control;
};

static void save(int kvm, const struct vm *vm, struct state *state)
{
    int bytes = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_XSAVE2);
    int is_long = bytes > (int)sizeof(struct kvm_xsave);

    state->extended = calloc(1, is_long ? (size_t)bytes : sizeof(struct kvm_xsave));
    state->has_control = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_XCRS) > 0;
    if (!state->extended || ioctl(vm->vcpu, KVM_GET_REGS, &state->registers) < 0 || ioctl(vm->vcpu, KVM_GET_SREGS, &state->special) < 0
        || ioctl(vm->vcpu, KVM_GET_VCPU_EVENTS, &state->events) < 0 || ioctl(vm->vcpu, KVM_GET_DEBUGREGS, &state->debug) < 0
        || (state->has_control && ioctl(vm->vcpu, KVM_GET_XCRS, &state->control) < 0)
        || ioctl(vm->vcpu, is_long ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, state->extended) < 0)
        fail("saving", "the vCPU's state");
    state->model_specific = save_msrs(kvm, vm->vcpu);
}

static void restore(const struct vm *vm, struct state *state)
{
    vm->run->immediate_exit = 1;
    if (ioctl(vm->vcpu, KVM_RUN, 0) >= 0 || errno != EINTR)
        fail("KVM_RUN", "completing an instruction");
    vm->run->immediate_exit = 0;
    if (ioctl(vm->vcpu, KVM_SET_XSAVE, state->extended) < 0 || (state->has_control && ioctl(vm->vcpu, KVM_SET_XCRS, &state->control) < 0)
        || ioctl(vm->vcpu, KVM_SET_DEBUGREGS, &state->debug) < 0
        || ioctl(vm->vcpu, KVM_SET_MSRS, state->model_specific) != (int)state->model_specific->nmsrs)
        fail("restoring", "the vCPU's state");
    vm->run->s.regs.regs = state->registers;
    vm->run->s.regs.sregs = state->special;
    vm->run->s.regs.events = state->events;
    vm->run->kvm_dirty_regs = SYNC_ALL;
}

static void forget_page_tables(const struct vm *vm, void *page)
{
    struct kvm_userspace_memory_region slot = {
        .slot = PASSING_SLOT, .guest_phys_addr = FOUR_GIB, .memory_size = 0x1000, .userspace_addr = (uint64_t)page,
    };

    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
        fail("KVM_SET_USER_MEMORY_REGION", "a slot that comes");
    slot.memory_size = 0;
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
        fail("KVM_SET_USER_MEMORY_REGION", "a slot that goes");
}

int resets(char **arguments)
{
    struct image image = read_image(arguments[0]);
    long count = strtol(arguments[1], NULL, 0);
    int snapshot = memfd_create("snapshot", MFD_CLOEXEC), kvm = open_kvm();
    uint64_t reset_ns = 0, run_ns = 0;
    struct state state;
    struct vm vm;
    void *memory;
    uint64_t one_bank = 1;

    if ((ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & SYNC_ALL) != SYNC_ALL)
        fail("KVM_CAP_SYNC_REGS", "all register sets");
    if (snapshot < 0 || ftruncate(snapshot, MEMORY_BYTES) < 0 || pwrite(snapshot, image.bytes, image.size, 0) != (ssize_t)image.size)
        fail("memfd_create", "snapshot");
    memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, snapshot, 0);
    if (memory == MAP_FAILED)
        fail("mmap", "snapshot");
    create_vm(&vm, kvm, memory);
    if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MCE) > 0 && ioctl(vm.vcpu, KVM_X86_SETUP_MCE, &one_bank) < 0)
        fail("KVM_X86_SETUP_MCE", "vCPU");
    set_entry(&vm);
    save(kvm, &vm, &state);

    for (long i = 0; i < count; i++) {
        uint64_t started = now_ns(), ran;

        run_vcpu(&vm);
        if (vm.run->exit_reason != KVM_EXIT_HLT)
            unexpected_exit(&vm);
        ran = now_ns();
        restore(&vm, &state);
        forget_page_tables(&vm, memory);
        if (madvise(memory, MEMORY_BYTES, MADV_DONTNEED) < 0)
            fail("madvise", "guest memory");
        reset_ns += now_ns() - ran;
        run_ns += ran - started;
    }
    printf("{\"operations\": %ld, \"nsPerOperation\": %.1f, \"nsPerRun\": %.1f, \"msrs\": %u}\n", count, (double)reset_ns / (double)count,
           (double)run_ns / (double)count, state.model_specific->nmsrs);
    destroy_vm(&vm, 1);
    return 0;
}
