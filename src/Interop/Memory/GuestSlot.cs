using System.Runtime.CompilerServices;

namespace KvmActors.Interop.Memory;

/// <summary>
/// One range of a <see cref="GuestMemory"/>, for a processor in software: its bytes by their offset, every access checked. The
/// guest's other vCPUs may write at any time.
/// </summary>
public sealed unsafe class GuestSlot
{
    private readonly byte* _host;
    private ulong _length;

    internal GuestSlot(MemoryRange range, byte* host)
    {
        Range = range;
        _host = host;
        _length = range.Length;
    }

    /// <summary>The guest-physical addresses it backs.</summary>
    public MemoryRange Range { get; }

    /// <summary>A value in place; little-endian, any alignment. The reference must not outlive the call that asked for it.</summary>
    /// <param name="offset">Bytes from the start of the range.</param>
    /// <exception cref="ArgumentOutOfRangeException">A byte of it is outside the range, or the memory was given back.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At<T>(ulong offset)
        where T : unmanaged
    {
        if (offset > _length || _length - offset < (ulong)sizeof(T))
        {
            ThrowOutside(offset);
        }

        // SAFETY: sizeof(T) bytes from the offset on lie inside the mapping, which lives as long as the length is not 0.
        return ref Unsafe.AsRef<T>(_host + offset);
    }

    /// <summary>Bytes in place. The span must not outlive the call that asked for it.</summary>
    /// <param name="offset">Bytes from the start of the range.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside the range, or the memory was given back.</exception>
    public Span<byte> Span(ulong offset, int length)
    {
        if (offset > _length || length < 0 || _length - offset < (ulong)length)
        {
            ThrowOutside(offset);
        }

        // SAFETY: as in At.
        return new Span<byte>(_host + offset, length);
    }

    /// <summary>Lets nobody reach the bytes any more: they are about to be unmapped.</summary>
    internal void Close() => _length = 0;

    private void ThrowOutside(ulong offset) =>
        throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{Range.Length} bytes of guest memory at {Range.Start} do not reach there.");
}
