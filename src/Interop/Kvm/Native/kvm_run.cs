using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Kvm.Native;

/// <summary>The run page shared with KVM (<c>linux/kvm.h</c>). Offsets are checked against the C header by a test.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
internal struct kvm_run
{
    [FieldOffset(0)] public byte request_interrupt_window;
    [FieldOffset(1)] public byte immediate_exit;
    [FieldOffset(8)] public uint exit_reason;
    [FieldOffset(12)] public byte ready_for_interrupt_injection;
    [FieldOffset(13)] public byte if_flag;
    [FieldOffset(14)] public ushort flags;
    [FieldOffset(16)] public ulong cr8;
    [FieldOffset(24)] public ulong apic_base;

    [FieldOffset(32)] public ulong hw_hardware_exit_reason;
    [FieldOffset(32)] public kvm_run_fail_entry fail_entry;
    [FieldOffset(32)] public kvm_run_io io;
    [FieldOffset(32)] public kvm_debug_exit_arch debug;
    [FieldOffset(32)] public kvm_run_mmio mmio;
    [FieldOffset(32)] public kvm_run_internal @internal;
    [FieldOffset(32)] public kvm_run_system_event system_event;
    [FieldOffset(32)] public kvm_run_msr msr;

    [FieldOffset(288)] public ulong kvm_valid_regs;
    [FieldOffset(296)] public ulong kvm_dirty_regs;
    [FieldOffset(304)] public kvm_sync_regs s_regs;
}

internal struct kvm_run_fail_entry
{
    public ulong hardware_entry_failure_reason;
    public uint cpu;
}

internal struct kvm_run_io
{
    public byte direction;
    public byte size;
    public ushort port;
    public uint count;
    public ulong data_offset;
}

internal struct kvm_debug_exit_arch
{
    public uint exception;
    public uint pad;
    public ulong pc;
    public ulong dr6;
    public ulong dr7;
}

internal struct kvm_run_mmio
{
    public ulong phys_addr;
    public ulong data;
    public uint len;
    public byte is_write;
}

internal struct kvm_run_internal
{
    public uint suberror;
    public uint ndata;
    public Data data;

    [InlineArray(16)]
    public struct Data
    {
        private ulong _first;
    }
}

internal struct kvm_run_system_event
{
    public uint type;
    public uint ndata;
    public kvm_run_internal.Data data;
}

[StructLayout(LayoutKind.Explicit)]
internal struct kvm_run_msr
{
    [FieldOffset(0)] public byte error;
    [FieldOffset(8)] public uint reason;
    [FieldOffset(12)] public uint index;
    [FieldOffset(16)] public ulong data;
}
