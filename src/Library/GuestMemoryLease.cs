using KvmActors.Interop.Memory;

namespace KvmActors;

/// <summary>
/// A guest's memory, lent while the guest stands still. Addresses are guest-physical, from 0; what is outside the guest's memory is refused,
/// never reached. Dispose it before the guest goes on.
/// </summary>
public ref struct GuestMemoryLease
{
    private readonly GuestMemory _memory;
    private Guest? _guest;

    internal GuestMemoryLease(Guest guest, GuestMemory memory) => (_guest, _memory) = (guest, memory);

    /// <summary>How many bytes there are, in all ranges.</summary>
    public readonly long Length => (long)_memory.TotalBytes;

    /// <summary>Bytes of it, to read and to write.</summary>
    /// <param name="address">The first one's guest-physical address.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not all in the guest's memory.</exception>
    /// <exception cref="ObjectDisposedException">The lease is over.</exception>
    public readonly Span<byte> Slice(ulong address, int length)
    {
        ObjectDisposedException.ThrowIf(_guest is null, typeof(GuestMemoryLease));
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length == 0 ? [] : _memory.TryGetSpan(new GuestPhysAddr(address), (ulong)length, out var bytes) ? bytes
            : throw new ArgumentOutOfRangeException(nameof(address), $"{length} bytes at 0x{address:x} are not in the guest's memory of {Length >> 20} MiB.");
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        _guest?.EndLease();
        _guest = null;
    }
}
