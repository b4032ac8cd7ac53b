using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;

namespace KvmActors.Machine.Execution;

/// <summary>Watches every exit of every vCPU, for people who look at a guest closely. Slow; absent in ordinary runs.</summary>
public interface IVcpuObserver
{
    /// <summary>How many instructions each vCPU is to be stepped through, from its first; 0 for none.</summary>
    int Steps { get; }

    /// <summary>Whether KVM steps in ring 3 too (<see cref="Capabilities.KvmAbility.Ring3SingleStep"/>).</summary>
    bool StepsRing3 => false;

    /// <summary>Looks at an instruction that is about to be executed. Called on the vCPU's thread.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="vcpu">The vCPU; its RIP is the instruction's.</param>
    /// <param name="memory">Its memory.</param>
    void Stepping(string vm, IVcpu vcpu, GuestMemory memory)
    {
    }

    /// <summary>Is told that what comes until the next exit is executed without stops. Called on the vCPU's thread.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="gap">Why.</param>
    void NotStepping(string vm, IVcpu vcpu, StepGap gap)
    {
    }

    /// <summary>Looks at an exit before it is handled. Called on the vCPU's thread.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="vmExit">The exit.</param>
    /// <param name="vcpu">The vCPU that exited.</param>
    /// <param name="memory">Its memory.</param>
    void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory);
}
