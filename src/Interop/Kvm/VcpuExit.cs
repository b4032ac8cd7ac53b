using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// One exit, read from the run page. It borrows the page: valid until the vCPU's next <see cref="KvmVcpu.Run"/>. Each
/// reason's fields may be read only when <see cref="Reason"/> is that reason.
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
            ref readonly var io = ref _run->io;
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
    public MmioExit Mmio =>
        new(_run->mmio.phys_addr, _run->mmio.is_write != 0,
            MemoryMarshal.AsBytes(new Span<ulong>(ref _run->mmio.data))[..(int)Math.Min(_run->mmio.len, 8)]);

    /// <summary>What KVM could not do, at <see cref="VcpuExitReason.InternalError"/>.</summary>
    public InternalErrorExit InternalError
    {
        get
        {
            ReadOnlySpan<ulong> data = _run->@internal.data;
            return new InternalErrorExit(_run->@internal.suberror, data[..(int)Math.Min(_run->@internal.ndata, 16)]);
        }
    }

    /// <summary>The processor's reason at <see cref="VcpuExitReason.FailEntry"/>.</summary>
    public ulong HardwareEntryFailureReason => _run->fail_entry.hardware_entry_failure_reason;

    /// <summary>The processor's reason at <see cref="VcpuExitReason.Unknown"/>.</summary>
    public ulong HardwareExitReason => _run->hw_hardware_exit_reason;

    /// <summary>KVM_SYSTEM_EVENT_* at <see cref="VcpuExitReason.SystemEvent"/>.</summary>
    public uint SystemEventType => _run->system_event.type;

    /// <summary>The exception's vector at <see cref="VcpuExitReason.Debug"/>: 1 for a step or a breakpoint register, 3 for INT3.</summary>
    public uint DebugException => _run->debug.exception;

    /// <summary>Where the guest stopped, as a linear address, at <see cref="VcpuExitReason.Debug"/>.</summary>
    public ulong DebugAddress => _run->debug.pc;

    /// <summary>DR6 at <see cref="VcpuExitReason.Debug"/>.</summary>
    public ulong DebugStatus => _run->debug.dr6;

    /// <summary>What the guest writes at <see cref="VcpuExitReason.Wrmsr"/>.</summary>
    public ulong MsrValue => _run->msr.data;

    /// <summary>The processor that refused at <see cref="VcpuExitReason.FailEntry"/>.</summary>
    public uint FailEntryProcessor => _run->fail_entry.cpu;

    /// <summary>The MSR's number at <see cref="VcpuExitReason.Rdmsr"/> and <see cref="VcpuExitReason.Wrmsr"/>.</summary>
    public uint MsrIndex => _run->msr.index;
}

/// <summary>A port access: <c>in</c>, <c>out</c>, or several of them by one string instruction.</summary>
public readonly ref struct IoExit
{
    internal IoExit(bool isOut, byte size, ushort port, Span<byte> data)
    {
        IsOut = isOut;
        Size = size;
        Port = port;
        Data = data;
    }

    /// <summary>True for <c>out</c>.</summary>
    public bool IsOut { get; }

    /// <summary>Bytes of one access: 1, 2 or 4.</summary>
    public int Size { get; }

    /// <summary>The port's number.</summary>
    public ushort Port { get; }

    /// <summary>What was written, or where to put what is read: <see cref="Size"/> bytes for each access of a string instruction.</summary>
    public Span<byte> Data { get; }

    /// <summary>The first access's value, zero-extended.</summary>
    public uint Value => Size switch
    {
        1 => Data[0],
        2 => MemoryMarshal.Read<ushort>(Data),
        _ => MemoryMarshal.Read<uint>(Data),
    };
}

/// <summary>An access to an address that no memory slot backs.</summary>
public readonly ref struct MmioExit
{
    internal MmioExit(ulong address, bool isWrite, Span<byte> data)
    {
        Address = address;
        IsWrite = isWrite;
        Data = data;
    }

    /// <summary>The guest-physical address.</summary>
    public ulong Address { get; }

    /// <summary>True for a store.</summary>
    public bool IsWrite { get; }

    /// <summary>What was stored, or where to put what is loaded: 1 to 8 bytes.</summary>
    public Span<byte> Data { get; }
}

/// <summary>What KVM could not do.</summary>
public readonly ref struct InternalErrorExit
{
    /// <summary>KVM_INTERNAL_ERROR_EMULATION: an instruction KVM cannot emulate.</summary>
    public const uint Emulation = 1;

    internal InternalErrorExit(uint suberror, ReadOnlySpan<ulong> data)
    {
        Suberror = suberror;
        Data = data;
    }

    /// <summary>KVM_INTERNAL_ERROR_*.</summary>
    public uint Suberror { get; }

    /// <summary>Details whose meaning depends on <see cref="Suberror"/>.</summary>
    public ReadOnlySpan<ulong> Data { get; }
}
