using System.Runtime.Intrinsics;

namespace KvmActors.Software.Processor;

/// <summary>Everything a guest can change of a processor. Immutable.</summary>
internal sealed record CpuState
{
    public required Registers Regs { get; init; }

    public required ulong Rip { get; init; }

    public required ulong Flags { get; init; }

    public required SegmentRegister[] Segments { get; init; }

    public required (DescriptorTable Gdt, DescriptorTable Idt) Tables { get; init; }

    public required (ulong Cr0, ulong Cr2, ulong Cr3, ulong Cr4, ulong Cr8, ulong Efer) Control { get; init; }

    public required int Cpl { get; init; }

    public required ulong[] Breakpoints { get; init; }

    public required (ulong Dr6, ulong Dr7) Debug { get; init; }

    public required (ulong Segments, ulong Target64, ulong Target32, ulong Clears, ulong KernelGs) Syscall { get; init; }

    public required (ulong Cs, ulong Rsp, ulong Rip) Sysenter { get; init; }

    public required (ulong Pat, ulong Apic, ulong TscAux) Msrs { get; init; }

    public required (ulong Time, ulong Adjustment) Tsc { get; init; }

    public required Vector128<byte>[] Xmm { get; init; }

    public required (uint Mxcsr, ulong ExtendedControl) Vectors { get; init; }

    public required X87State X87 { get; init; }

    public required ulong Random { get; init; }
}

/// <summary>Taking snapshots of all state, and going back to them.</summary>
internal sealed partial class Cpu
{
    /// <summary>Takes a snapshot.</summary>
    public CpuState Save()
    {
        var x87 = new X87State();
        x87.CopyFrom(X87);
        return new CpuState
        {
            Regs = Regs,
            Rip = Rip,
            Flags = Flags,
            Segments = [.. Segments],
            Tables = (Gdt, Idt),
            Control = (Control0, Cr2, Control3, Control4, Cr8, ExtendedFeatures),
            Cpl = _cpl,
            Breakpoints = [.. Breakpoints],
            Debug = (Dr6, Dr7),
            Syscall = (SyscallSegments, SyscallTarget64, SyscallTarget32, SyscallClears, KernelGs),
            Sysenter = (SysenterCs, SysenterRsp, SysenterRip),
            Msrs = (Pat, Apic, TscAuxiliary),
            Tsc = (TimeStamp, TscAdjustment),
            Xmm = [.. Xmm],
            Vectors = (Mxcsr, ExtendedControl),
            X87 = x87,
            Random = RandomState,
        };
    }

    /// <summary>Goes back to a snapshot; nothing of what was since remains.</summary>
    public void Restore(CpuState state)
    {
        Regs = state.Regs;
        Rip = state.Rip;
        SetFlags(state.Flags);
        state.Segments.CopyTo(Segments.AsSpan());
        (Gdt, Idt) = state.Tables;
        (var cr0, Cr2, var cr3, var cr4, Cr8, var efer) = state.Control;
        SetControl(cr0, cr3, cr4, efer);
        SetCpl(state.Cpl);
        state.Breakpoints.CopyTo(Breakpoints.AsSpan());
        (Dr6, Dr7) = state.Debug;
        PendingDebug = 0;
        _stepsAfter = null;
        ShadowsDebug = false;
        HasSerialized = false;
        (SyscallSegments, SyscallTarget64, SyscallTarget32, SyscallClears, KernelGs) = state.Syscall;
        (SysenterCs, SysenterRsp, SysenterRip) = state.Sysenter;
        (Pat, Apic, TscAuxiliary) = state.Msrs;
        TscOffset = state.Tsc.Time - Ticks;
        TscAdjustment = state.Tsc.Adjustment;
        state.Xmm.CopyTo(Xmm.AsSpan());
        (Mxcsr, ExtendedControl) = state.Vectors;
        X87.CopyFrom(state.X87);
        RandomState = state.Random;
        RefreshMode();
    }
}
