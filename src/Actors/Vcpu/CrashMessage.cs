using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vcpu;

/// <summary>Says in one line why a vCPU cannot go on.</summary>
internal static class CrashMessage
{
    /// <summary>Describes an exit that ends the VM.</summary>
    public static string For(in VcpuExit exit, KvmVcpu vcpu) => exit.Reason switch
    {
        VcpuExitReason.Mmio => ForUnclaimed(exit.Mmio, vcpu),
        VcpuExitReason.Shutdown => $"triple fault (KVM_EXIT_SHUTDOWN), {Rip(vcpu)}",
        VcpuExitReason.InternalError => ForInternalError(exit.InternalError, vcpu),
        VcpuExitReason.FailEntry =>
            $"the processor refused to enter the guest (KVM_EXIT_FAIL_ENTRY, reason 0x{exit.HardwareEntryFailureReason:x}), {Rip(vcpu)}",
        VcpuExitReason.SystemEvent => $"system event {exit.SystemEventType} (KVM_EXIT_SYSTEM_EVENT), {Rip(vcpu)}",
        VcpuExitReason.Rdmsr or VcpuExitReason.Wrmsr => $"unclaimed MSR 0x{exit.MsrIndex:x} ({exit.Reason}), {Rip(vcpu)}",
        VcpuExitReason.Unknown => $"unknown hardware exit 0x{exit.HardwareExitReason:x} (KVM_EXIT_UNKNOWN), {Rip(vcpu)}",
        _ => $"unexpected exit {exit.Reason} (KVM exit reason {(uint)exit.Reason}), {Rip(vcpu)}",
    };

    /// <summary>Describes an access to a port that no device has.</summary>
    public static string ForUnclaimed(in IoExit io, KvmVcpu vcpu) => io.IsOut
        ? $"unclaimed port 0x{io.Port:x}: out of {io.Size} bytes, value 0x{io.Value:x}, {Rip(vcpu)}"
        : $"unclaimed port 0x{io.Port:x}: in of {io.Size} bytes, {Rip(vcpu)}";

    private static string ForUnclaimed(in MmioExit mmio, KvmVcpu vcpu) => mmio.IsWrite
        ? $"unclaimed address 0x{mmio.Address:x}: write of {mmio.Data.Length} bytes, {Convert.ToHexStringLower(mmio.Data)}, {Rip(vcpu)}"
        : $"unclaimed address 0x{mmio.Address:x}: read of {mmio.Data.Length} bytes, {Rip(vcpu)}";

    private static string ForInternalError(in InternalErrorExit error, KvmVcpu vcpu)
    {
        var what = error.Suberror == InternalErrorExit.Emulation ? "KVM cannot emulate the instruction" : "KVM gave up";
        return $"{what} (KVM_EXIT_INTERNAL_ERROR, suberror {error.Suberror}), {Rip(vcpu)}";
    }

    private static string Rip(KvmVcpu vcpu) => $"RIP 0x{vcpu.GetExitRegisters().rip:x}";
}
