using KvmActors.Fuzz.Tests.Running;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>What a reset is tried on: the VMs of one template, whose only vCPU is looked at as a whole.</summary>
internal interface IResetBackend
{
    /// <summary>What makes the VMs.</summary>
    IHypervisor Hypervisor { get; }

    /// <summary>All that a vCPU holds, which is not running, and whose last instruction is complete.</summary>
    object Look(IVcpu vcpu);

    /// <summary>What is not the same, one line each.</summary>
    IReadOnlyList<string> Compare(object state, object expected);

    /// <summary>Changes one part of a vCPU's state to anything that it can be.</summary>
    void Change(IVcpu vcpu, FuzzInput input);

    /// <summary>Changes what a kernel has changed when it is about to run its program.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="lstar">Where system calls go.</param>
    void Boot(IVcpu vcpu, ulong lstar);
}
