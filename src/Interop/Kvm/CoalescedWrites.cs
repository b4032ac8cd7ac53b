using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// The port writes that KVM gathered instead of exiting for each: a ring that all vCPUs of a VM share, seen through one
/// vCPU's mapping. One thread at a time may take from it.
/// </summary>
public readonly unsafe ref struct CoalescedWrites
{
    private const int PageSize = 4096;

    private readonly kvm_coalesced_mmio_ring* _ring;

    internal CoalescedWrites(kvm_coalesced_mmio_ring* ring) => _ring = ring;

    /// <summary>Writes the ring has room for.</summary>
    public static int Capacity { get; } = (PageSize - sizeof(kvm_coalesced_mmio_ring)) / sizeof(kvm_coalesced_mmio);

    /// <summary>Whether there is nothing to take, or no ring at all.</summary>
    public bool IsEmpty => _ring is null || Volatile.Read(ref _ring->first) == Volatile.Read(ref _ring->last);

    /// <summary>Throws away all there is.</summary>
    public void Clear()
    {
        if (_ring is not null)
        {
            Volatile.Write(ref _ring->first, Volatile.Read(ref _ring->last) % (uint)Capacity);
        }
    }

    /// <summary>Takes the oldest write.</summary>
    /// <param name="port">The port written to.</param>
    /// <param name="data">Receives the bytes; at least 8 long.</param>
    /// <param name="length">How many bytes were written.</param>
    /// <returns>False when there is none.</returns>
    public bool TryTake(out ushort port, Span<byte> data, out int length)
    {
        (port, length) = (0, 0);
        if (IsEmpty)
        {
            return false;
        }

        // SAFETY: the index is taken modulo the ring's capacity, so the entry lies in the ring's page.
        var index = (int)(_ring->first % (uint)Capacity);
        var write = ((kvm_coalesced_mmio*)(_ring + 1))[index];
        port = (ushort)write.phys_addr;
        length = (int)Math.Min(write.len, sizeof(ulong));
        MemoryMarshal.Write(data, write.data);

        // Given back only after it was copied.
        Volatile.Write(ref _ring->first, (uint)((index + 1) % Capacity));
        return true;
    }
}
