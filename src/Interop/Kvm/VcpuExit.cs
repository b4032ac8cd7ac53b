using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// One exit, read from the run page, which KVM fills (<see cref="KvmVcpu"/>) or a processor in software does
/// (<see cref="ExitPage"/>). It borrows the page: valid until the vCPU runs again. The fields of different reasons lie in the same
/// bytes, so those of another reason than <see cref="Reason"/> throw <see cref="InvalidOperationException"/>.
/// </summary>
public readonly unsafe ref struct VcpuExit
{
    private readonly kvm_run* _run;
    private readonly int _runPageSize;

    internal VcpuExit(kvm_run* run, VcpuExitReason reason, int runPageSize)
    {
        _run = run;
        _runPageSize = runPageSize;
        Reason = reason;
    }

    /// <summary>Why the guest exited.</summary>
    public VcpuExitReason Reason { get; }

    /// <summary>The port access of <see cref="VcpuExitReason.Io"/>.</summary>
    public IoExit Io
    {
        get
        {
            ref readonly var io = ref RunAt(VcpuExitReason.Io)->io;
            var length = io.size * (long)io.count;
            if (io.data_offset > (ulong)_runPageSize || length > _runPageSize - (long)io.data_offset)
            {
                throw new InvalidOperationException("KVM placed port data outside the run page.");
            }

            // SAFETY: offset and length were checked against the page.
            return new IoExit(io.direction == KvmApi.KVM_EXIT_IO_OUT, io.size, io.port, new Span<byte>((byte*)_run + io.data_offset, (int)length));
        }
    }

    /// <summary>The memory access of <see cref="VcpuExitReason.Mmio"/>.</summary>
    public MmioExit Mmio
    {
        get
        {
            ref var mmio = ref RunAt(VcpuExitReason.Mmio)->mmio;
            return new MmioExit(mmio.phys_addr, mmio.is_write != 0, MemoryMarshal.AsBytes(new Span<ulong>(ref mmio.data))[..(int)Math.Min(mmio.len, 8)]);
        }
    }

    /// <summary>What KVM could not do, at <see cref="VcpuExitReason.InternalError"/>.</summary>
    public InternalErrorExit InternalError
    {
        get
        {
            ref readonly var error = ref RunAt(VcpuExitReason.InternalError)->@internal;
            ReadOnlySpan<ulong> data = error.data;
            return new InternalErrorExit(error.suberror, data[..(int)Math.Min(error.ndata, 16)]);
        }
    }

    /// <summary>The processor's reason at <see cref="VcpuExitReason.FailEntry"/>.</summary>
    public ulong HardwareEntryFailureReason => RunAt(VcpuExitReason.FailEntry)->fail_entry.hardware_entry_failure_reason;

    /// <summary>The processor's reason at <see cref="VcpuExitReason.Unknown"/>.</summary>
    public ulong HardwareExitReason => RunAt(VcpuExitReason.Unknown)->hw_hardware_exit_reason;

    /// <summary>KVM_SYSTEM_EVENT_* at <see cref="VcpuExitReason.SystemEvent"/>.</summary>
    public uint SystemEventType => RunAt(VcpuExitReason.SystemEvent)->system_event.type;

    /// <summary>The exception's vector at <see cref="VcpuExitReason.Debug"/>: 1 for a step or a breakpoint register, 3 for INT3.</summary>
    public uint DebugException => RunAt(VcpuExitReason.Debug)->debug.exception;

    /// <summary>Where the guest stopped, as a linear address, at <see cref="VcpuExitReason.Debug"/>.</summary>
    public ulong DebugAddress => RunAt(VcpuExitReason.Debug)->debug.pc;

    /// <summary>DR6 at <see cref="VcpuExitReason.Debug"/>.</summary>
    public ulong DebugStatus => RunAt(VcpuExitReason.Debug)->debug.dr6;

    /// <summary>What the guest writes at <see cref="VcpuExitReason.Wrmsr"/>.</summary>
    public ulong MsrValue => RunAt(VcpuExitReason.Wrmsr)->msr.data;

    /// <summary>The processor that refused at <see cref="VcpuExitReason.FailEntry"/>.</summary>
    public uint FailEntryProcessor => RunAt(VcpuExitReason.FailEntry)->fail_entry.cpu;

    /// <summary>The MSR's number at <see cref="VcpuExitReason.Rdmsr"/> and <see cref="VcpuExitReason.Wrmsr"/>.</summary>
    public uint MsrIndex => RunAt(Reason == VcpuExitReason.Wrmsr ? Reason : VcpuExitReason.Rdmsr)->msr.index;

    // One comparison, which the processor predicts: nothing beside an exit.
    private kvm_run* RunAt(VcpuExitReason reason)
    {
        if (Reason != reason)
        {
            ThrowOtherReason(reason);
        }

        return _run;
    }

    private void ThrowOtherReason(VcpuExitReason asked) =>
        throw new InvalidOperationException($"An exit for {Reason} has nothing of {asked}.");
}
