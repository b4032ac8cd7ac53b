// The model-specific registers that a guest may have changed and that KVM takes back.
#ifndef MSRS_H
#define MSRS_H

#include <linux/kvm.h>

// Their values on this vCPU, ready for KVM_SET_MSRS.
struct kvm_msrs *save_msrs(int kvm, int vcpu);

#endif
