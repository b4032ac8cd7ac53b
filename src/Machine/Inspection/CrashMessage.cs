using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Inspection;

/// <summary>Says in one line why a vCPU cannot go on.</summary>
internal static class CrashMessage
{
    /// <summary>IP after a reset (Intel SDM vol. 3A, section 11.1.4).</summary>
    private const ulong ResetVector = 0xFFF0;

    /// <summary>Describes an exit that ends the VM.</summary>
    public static string For(in VcpuExit exit, IVcpu vcpu, GuestMemory memory) => exit.Reason switch
    {
        VcpuExitReason.Io => ForUnclaimed(exit.Io, vcpu),
        VcpuExitReason.Mmio => ForUnclaimed(exit.Mmio, vcpu, memory),
        VcpuExitReason.Shutdown => $"triple fault, {RipAfterShutdown(vcpu)}",
        VcpuExitReason.InternalError => ForInternalError(exit.InternalError, vcpu),
        VcpuExitReason.FailEntry =>
            $"the processor refused to enter the guest (KVM_EXIT_FAIL_ENTRY, reason 0x{exit.HardwareEntryFailureReason:x}, processor {exit.FailEntryProcessor}), {Rip(vcpu)}",
        VcpuExitReason.SystemEvent => $"system event {exit.SystemEventType} (KVM_EXIT_SYSTEM_EVENT), {Rip(vcpu)}",
        VcpuExitReason.Rdmsr => $"unclaimed MSR 0x{exit.MsrIndex:x}: read, {Rip(vcpu)}",
        VcpuExitReason.Wrmsr => $"unclaimed MSR 0x{exit.MsrIndex:x}: write of 0x{exit.MsrValue:x}, {Rip(vcpu)}",
        VcpuExitReason.Debug => $"debug exception {exit.DebugException} at 0x{exit.DebugAddress:x}, DR6 0x{exit.DebugStatus:x}",
        VcpuExitReason.Unknown => $"unknown hardware exit 0x{exit.HardwareExitReason:x} (KVM_EXIT_UNKNOWN), {Rip(vcpu)}",
        _ => $"unexpected exit {exit.Reason} (reason {(uint)exit.Reason}), {Rip(vcpu)}",
    };

    private static string ForUnclaimed(in IoExit io, IVcpu vcpu) => io.IsOut
        ? $"unclaimed port 0x{io.Port:x}: out of {io.Size} bytes, value 0x{io.Value:x}, {Rip(vcpu)}"
        : $"unclaimed port 0x{io.Port:x}: in of {io.Size} bytes, {Rip(vcpu)}";

    private static string ForUnclaimed(in MmioExit mmio, IVcpu vcpu, GuestMemory memory)
    {
        if (!mmio.IsWrite)
        {
            return $"unclaimed address 0x{mmio.Address:x}: read of {mmio.Data.Length} bytes, {Rip(vcpu)}";
        }

        // A store to a read-only slot is reported as if nothing were there.
        var isReadOnly = memory.TryRead(new GuestPhysAddr(mmio.Address), out byte _);
        return $"{(isReadOnly ? "read-only" : "unclaimed")} address 0x{mmio.Address:x}: write of {mmio.Data.Length} bytes, "
            + $"{Convert.ToHexStringLower(mmio.Data)}, {Rip(vcpu)}";
    }

    private static string ForInternalError(in InternalErrorExit error, IVcpu vcpu)
    {
        if (vcpu.Backend == Backend.Software)
        {
            return $"there is no memory where the next instruction should be, {Rip(vcpu)}";
        }

        var what = error.Suberror == InternalErrorExit.Emulation ? "KVM cannot emulate the instruction" : "KVM gave up";
        return $"{what} (KVM_EXIT_INTERNAL_ERROR, suberror {error.Suberror}), {Rip(vcpu)}";
    }

    // AMD's KVM puts a vCPU that triple-faulted back to its reset state before it tells anyone.
    private static string RipAfterShutdown(IVcpu vcpu) => vcpu.Backend == Backend.Kvm && vcpu.GetExitRegisters().rip == ResetVector
        ? "registers lost: this KVM resets such a vCPU, so find the instruction with --step"
        : Rip(vcpu);

    private static string Rip(IVcpu vcpu) => $"RIP 0x{vcpu.GetExitRegisters().rip:x}";
}
