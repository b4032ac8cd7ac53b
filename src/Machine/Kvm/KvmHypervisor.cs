using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Kvm;

/// <summary>Virtual machines on <c>/dev/kvm</c>.</summary>
/// <param name="device">The device; it outlives every VM.</param>
public sealed class KvmHypervisor(KvmDevice device) : IHypervisor
{
    /// <inheritdoc/>
    public Backend Backend => Backend.Kvm;

    /// <inheritdoc/>
    public IVirtualMachine CreateVm() => new KvmMachine(device.CreateVm());
}
