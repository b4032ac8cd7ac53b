using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>What makes virtual machines: the seam between a machine and whatever runs its guest's instructions.</summary>
public interface IHypervisor
{
    /// <summary>Which backend it is; never <see cref="Processor.Backend.Auto"/>.</summary>
    Backend Backend { get; }

    /// <summary>
    /// Whether what its VMs do depends on what they execute and on a seed alone: then nothing is decided by the host's clock that they
    /// could notice.
    /// </summary>
    bool IsRepeatable => false;

    /// <summary>Makes a virtual machine without memory and vCPUs.</summary>
    /// <exception cref="SystemCallException">The host refused.</exception>
    IVirtualMachine CreateVm();
}
