#include "msrs.h"
#include "vm.h"
#include <stdlib.h>
#include <sys/ioctl.h>

#define MAX_LISTED 1024
#define MAX_MSRS   255   // KVM takes no more in one call

struct range {
    unsigned first, last;
};

// Which ones, and why, is told in src/Interop/Kvm/MsrList.cs: the comparison needs the same.
static const struct range unlisted[] = {
    {0x48, 0x48}, {0x200, 0x20F}, {0x250, 0x250}, {0x258, 0x259}, {0x268, 0x26F}, {0x280, 0x29F}, {0x2FF, 0x2FF}, {0x400, 0x47F},
};
static const struct range elsewhere[] = {
    {0x1B, 0x1B}, {0xC0000080, 0xC0000080}, {0xC0000100, 0xC0000101}, {0x8B, 0x8B}, {0xCE, 0xCE}, {0x10A, 0x10A}, {0x345, 0x345},
    {0x480, 0x493}, {0x40000010, 0x40000010}, {0x40000020, 0x40000020},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int is_elsewhere(unsigned index)
{
    for (size_t i = 0; i < COUNT(elsewhere); i++)
        if (elsewhere[i].first <= index && index <= elsewhere[i].last)
            return 1;
    return 0;
}

// Adds a register that can be read and written.
static void try_add(int vcpu, struct kvm_msrs *msrs, unsigned index)
{
    struct { struct kvm_msrs head; struct kvm_msr_entry entry; } one = {.head.nmsrs = 1, .entry.index = index};

    for (unsigned i = 0; i < msrs->nmsrs; i++)
        if (msrs->entries[i].index == index)
            return;
    if (msrs->nmsrs < MAX_MSRS && !is_elsewhere(index) && ioctl(vcpu, KVM_GET_MSRS, &one) == 1 && ioctl(vcpu, KVM_SET_MSRS, &one) == 1)
        msrs->entries[msrs->nmsrs++] = one.entry;
}

struct kvm_msrs *save_msrs(int kvm, int vcpu)
{
    struct kvm_msr_list *list = calloc(1, sizeof *list + MAX_LISTED * sizeof *list->indices);
    struct kvm_msrs *msrs = calloc(1, sizeof *msrs + MAX_MSRS * sizeof *msrs->entries);

    if (!list || !msrs)
        fail("calloc", "the model-specific registers");
    list->nmsrs = MAX_LISTED;
    if (ioctl(kvm, KVM_GET_MSR_INDEX_LIST, list) < 0)
        fail("KVM_GET_MSR_INDEX_LIST", "/dev/kvm");
    for (unsigned i = 0; i < list->nmsrs; i++)
        try_add(vcpu, msrs, list->indices[i]);
    for (size_t i = 0; i < COUNT(unlisted); i++)
        for (unsigned index = unlisted[i].first; index <= unlisted[i].last; index++)
            try_add(vcpu, msrs, index);
    free(list);
    return msrs;
}
