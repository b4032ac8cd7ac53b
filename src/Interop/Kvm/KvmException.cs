using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>KVM refused an ioctl, or its device could not be opened.</summary>
/// <param name="operation">The ioctl, as <c>linux/kvm.h</c> has it, or <c>open</c>.</param>
/// <param name="errno">Why.</param>
/// <param name="target">On what: <c>vCPU 0</c>, <c>port 0x510</c>; null where there is only one.</param>
public sealed class KvmException(string operation, Errno errno, string? target = null)
    : SystemCallException(operation, errno, target);
