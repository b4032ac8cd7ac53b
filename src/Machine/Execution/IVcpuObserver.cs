using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Execution;

/// <summary>Watches every exit of every vCPU, for people who look at a guest closely. Slow; absent in ordinary runs.</summary>
public interface IVcpuObserver
{
    /// <summary>How many instructions each vCPU is to be stepped through from its entry; 0 for none.</summary>
    int Steps { get; }

    /// <summary>Looks at an exit before it is handled. Called on the vCPU's thread.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="vmExit">The exit.</param>
    /// <param name="vcpu">The vCPU that exited.</param>
    /// <param name="memory">Its memory.</param>
    void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory);
}
