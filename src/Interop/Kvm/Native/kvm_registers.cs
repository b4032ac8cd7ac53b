using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Kvm.Native;

/// <summary>General registers, RIP and RFLAGS (<c>asm/kvm.h</c>).</summary>
public struct kvm_regs
{
    public ulong rax, rbx, rcx, rdx;
    public ulong rsi, rdi, rsp, rbp;
    public ulong r8, r9, r10, r11;
    public ulong r12, r13, r14, r15;
    public ulong rip, rflags;
}

/// <summary>A segment register with its hidden part (<c>asm/kvm.h</c>); <c>limit</c> is in bytes.</summary>
public struct kvm_segment
{
    public ulong @base;
    public uint limit;
    public ushort selector;
    public byte type;
    public byte present, dpl, db, s, l, g, avl;
    public byte unusable;
    public byte padding;
}

/// <summary>GDTR or IDTR (<c>asm/kvm.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct kvm_dtable
{
    public ulong @base;
    public ushort limit;
}

/// <summary>Segment, descriptor table and control registers (<c>asm/kvm.h</c>).</summary>
public struct kvm_sregs
{
    public kvm_segment cs, ds, es, fs, gs, ss;
    public kvm_segment tr, ldt;
    public kvm_dtable gdt, idt;
    public ulong cr0, cr2, cr3, cr4, cr8;
    public ulong efer;
    public ulong apic_base;
    public InterruptBitmap interrupt_bitmap;

    /// <summary>One bit per interrupt vector (KVM_NR_INTERRUPTS is 256).</summary>
    [InlineArray(4)]
    public struct InterruptBitmap
    {
        private ulong _first;
    }
}

/// <summary>Pending exceptions, interrupts and NMIs (<c>asm/kvm.h</c>).</summary>
public struct kvm_vcpu_events
{
    public byte exception_injected, exception_nr, exception_has_error_code, exception_pending;
    public uint exception_error_code;
    public byte interrupt_injected, interrupt_nr, interrupt_soft, interrupt_shadow;
    public byte nmi_injected, nmi_pending, nmi_masked, nmi_pad;
    public uint sipi_vector;
    public uint flags;
    public byte smi_smm, smi_pending, smi_smm_inside_nmi, smi_latched_init;
    public byte triple_fault_pending;
    public ReservedBytes reserved;
    public byte exception_has_payload;
    public ulong exception_payload;

    [InlineArray(26)]
    public struct ReservedBytes
    {
        private byte _first;
    }
}

/// <summary>The registers KVM_CAP_SYNC_REGS shares through the run page (<c>asm/kvm.h</c>).</summary>
public struct kvm_sync_regs
{
    public kvm_regs regs;
    public kvm_sregs sregs;
    public kvm_vcpu_events events;
}

/// <summary>What of a guest's execution to stop at (<c>linux/kvm.h</c>).</summary>
internal struct kvm_guest_debug
{
    public uint control;
    public uint pad;
    public DebugRegisters debugreg;

    [InlineArray(8)]
    public struct DebugRegisters
    {
        private ulong _first;
    }
}

/// <summary>The debug registers (<c>asm/kvm.h</c>).</summary>
internal struct kvm_debugregs
{
    public Breakpoints db;
    public ulong dr6;
    public ulong dr7;
    public ulong flags;
    public ReservedWords reserved;

    [InlineArray(4)]
    public struct Breakpoints
    {
        private ulong _first;
    }

    [InlineArray(9)]
    public struct ReservedWords
    {
        private ulong _first;
    }
}

/// <summary>One extended control register (<c>asm/kvm.h</c>).</summary>
internal struct kvm_xcr
{
    public uint xcr;
    public uint reserved;
    public ulong value;
}

/// <summary>The extended control registers (<c>asm/kvm.h</c>).</summary>
internal struct kvm_xcrs
{
    public uint nr_xcrs;
    public uint flags;
    public Registers xcrs;
    public Padding padding;

    [InlineArray(16)]
    public struct Registers
    {
        private kvm_xcr _first;
    }

    [InlineArray(16)]
    public struct Padding
    {
        private ulong _first;
    }
}

/// <summary>An attribute of a vCPU, and where its value is (<c>linux/kvm.h</c>).</summary>
internal struct kvm_device_attr
{
    public uint flags;
    public uint group;
    public ulong attr;
    public ulong addr;
}

/// <summary>One model-specific register (<c>asm/kvm.h</c>).</summary>
internal struct kvm_msr_entry
{
    public uint index;
    public uint reserved;
    public ulong data;
}
