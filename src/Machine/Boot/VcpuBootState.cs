using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Boot;

/// <summary>What one vCPU's registers hold at entry. Immutable, so that it may travel in a message.</summary>
/// <param name="Protocol">Decides the mode and the special registers.</param>
/// <param name="Registers">The general registers.</param>
public sealed record VcpuBootState(BootProtocol Protocol, kvm_regs Registers)
{
    // Intel SDM vol. 3A, section 2.5: CR0 and CR4; section 2.2.1: IA32_EFER.
    private const ulong Cr0ProtectionEnable = 1 << 0, Cr0MonitorCoprocessor = 1 << 1, Cr0ExtensionType = 1 << 4, Cr0NumericError = 1 << 5;
    private const ulong Cr0WriteProtect = 1 << 16, Cr0AlignmentMask = 1 << 18, Cr0Paging = 1UL << 31;
    private const ulong Cr4PhysicalAddressExtension = 1 << 5, Cr4OsFxsr = 1 << 9, Cr4OsXmmExceptions = 1 << 10;
    private const ulong EferSyscall = 1 << 0, EferLongModeEnable = 1 << 8, EferLongModeActive = 1 << 10, EferNoExecute = 1 << 11;

    /// <summary>What 64-bit mode runs on; null in other modes.</summary>
    public LongModeTables? Tables { get; init; }

    /// <summary>Registers that are to hold something else than the protocol says.</summary>
    public RegisterOverrides Overrides { get; init; } = RegisterOverrides.None;

    /// <summary>Bit 1 of RFLAGS is always set (Intel SDM vol. 1, section 3.4.3).</summary>
    public const ulong InitialFlags = 0x2;

    /// <summary>Gives a fresh vCPU this state. Call on its own thread.</summary>
    /// <exception cref="SystemCallException">KVM refused it.</exception>
    public void ApplyTo(IVcpu vcpu)
    {
        var special = vcpu.GetSpecialRegisters();
        switch (Protocol)
        {
            case BootProtocol.Real16:
                special.cs.@base = 0;
                special.cs.selector = 0;
                break;
            case BootProtocol.Protected32:
                SetFlatSegments(ref special, is64Bit: false);
                special.cr0 |= Cr0ProtectionEnable;
                break;
            default:
                SetLongMode(ref special, Tables ?? LongModeTables.Standard);
                break;
        }

        var general = Registers;
        Overrides.ApplyTo(ref general, ref special);
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(general);
    }

    /// <summary>Where it starts, and what the scenario changed, for messages.</summary>
    public override string ToString()
    {
        var changed = Overrides.Values.Select(register => $", {register.Key.ToUpperInvariant()} 0x{register.Value:x}");
        return $"RIP 0x{Registers.rip:x} in {Protocol}{string.Concat(changed)}";
    }

    private static void SetLongMode(ref kvm_sregs special, LongModeTables tables)
    {
        SetFlatSegments(ref special, is64Bit: true);
        special.gdt.@base = tables.GdtBase;
        special.gdt.limit = tables.GdtLimit;

        // No handlers: an exception before the guest has its own is a triple fault, not a jump into the image.
        special.idt.@base = 0;
        special.idt.limit = 0;
        special.cr3 = tables.Cr3;
        special.cr4 = Cr4PhysicalAddressExtension | Cr4OsFxsr | Cr4OsXmmExceptions;
        special.cr0 = Cr0ProtectionEnable | Cr0MonitorCoprocessor | Cr0ExtensionType | Cr0NumericError
            | Cr0WriteProtect | Cr0AlignmentMask | Cr0Paging;
        special.efer = EferLongModeEnable | EferLongModeActive | EferSyscall | EferNoExecute;
    }

    private static void SetFlatSegments(ref kvm_sregs special, bool is64Bit)
    {
        special.cs = SegmentDescriptors.FlatCode(is64Bit);
        special.ds = special.es = special.fs = special.gs = special.ss = SegmentDescriptors.FlatData();
    }
}

/// <summary>Where the structures of 64-bit mode are.</summary>
/// <param name="Cr3">The PML4's address.</param>
/// <param name="GdtBase">The GDT's address.</param>
/// <param name="GdtLimit">The offset of the GDT's last byte.</param>
public sealed record LongModeTables(ulong Cr3, ulong GdtBase, ushort GdtLimit)
{
    /// <summary>Those of <see cref="MemoryLayout"/>.</summary>
    public static LongModeTables Standard { get; } =
        new(MemoryLayout.Pml4, MemoryLayout.Gdt, (ushort)((SegmentDescriptors.LongModeGdt.Length * sizeof(ulong)) - 1));
}
