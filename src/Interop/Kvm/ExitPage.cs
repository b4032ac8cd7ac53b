using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// A run page of our own, in which a processor in software describes its exits as KVM does. The exits borrow it: whoever runs the
/// vCPU keeps it, and with it this page, until the exit is handled.
/// </summary>
public sealed unsafe class ExitPage
{
    /// <summary>Bytes that one port exit can carry.</summary>
    public const int IoBytes = 4096;

    // On the pinned heap, so that the pointer stays valid while this object is referenced.
    private readonly byte[] _page = GC.AllocateArray<byte>(sizeof(kvm_run) + IoBytes, pinned: true);

    /// <summary>Where the data of a port exit lies: fill it before an exit for <c>out</c>, read it after one for <c>in</c>.</summary>
    public Span<byte> IoData => _page.AsSpan(sizeof(kvm_run), IoBytes);

    /// <summary>The 8 bytes of a memory exit: fill them before an exit for a store, read them after one for a load.</summary>
    public Span<byte> MmioData => MemoryMarshal.AsBytes(new Span<ulong>(ref Run->mmio.data));

    // SAFETY: the array is pinned, long enough for the structure, and lives as long as this.
    private kvm_run* Run => (kvm_run*)Unsafe.AsPointer(ref _page[0]);

    /// <summary>An exit that has nothing but its reason.</summary>
    public VcpuExit Plain(VcpuExitReason reason) => new(Run, reason, _page.Length);

    /// <summary>A port access whose data is <see cref="IoData"/>.</summary>
    /// <param name="isOut">Whether it is <c>out</c>.</param>
    /// <param name="size">Bytes of one access: 1, 2 or 4.</param>
    /// <param name="port">The port.</param>
    /// <param name="count">How many accesses; together at most <see cref="IoBytes"/> bytes.</param>
    public VcpuExit Io(bool isOut, int size, ushort port, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size * (long)count, IoBytes, nameof(count));
        Run->io = new kvm_run_io
        {
            direction = isOut ? KvmApi.KVM_EXIT_IO_OUT : KvmApi.KVM_EXIT_IO_IN,
            size = (byte)size,
            port = port,
            count = (uint)count,
            data_offset = (ulong)sizeof(kvm_run),
        };
        return Plain(VcpuExitReason.Io);
    }

    /// <summary>An access to memory that is not there, whose data is <see cref="MmioData"/>.</summary>
    /// <param name="isWrite">Whether it is a store.</param>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="length">1 to 8 bytes.</param>
    public VcpuExit Mmio(bool isWrite, ulong address, int length)
    {
        Run->mmio.phys_addr = address;
        Run->mmio.len = (uint)length;
        Run->mmio.is_write = isWrite ? (byte)1 : (byte)0;
        return Plain(VcpuExitReason.Mmio);
    }

    /// <summary>A stop for whoever looks on.</summary>
    /// <param name="vector">The exception's vector: 1 for a step or a breakpoint register, 3 for INT3.</param>
    /// <param name="address">The linear address the guest stopped at.</param>
    /// <param name="status">DR6.</param>
    public VcpuExit Debug(uint vector, ulong address, ulong status)
    {
        Run->debug = new kvm_debug_exit_arch { exception = vector, pc = address, dr6 = status };
        return Plain(VcpuExitReason.Debug);
    }

    /// <summary>An instruction that cannot be fetched or executed at all (KVM_INTERNAL_ERROR_EMULATION).</summary>
    public VcpuExit CannotEmulate()
    {
        Run->@internal = new kvm_run_internal { suberror = InternalErrorExit.Emulation };
        return Plain(VcpuExitReason.InternalError);
    }
}
